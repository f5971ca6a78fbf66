import assert from 'node:assert/strict';
import { withoutMarkdown } from '../../extension/terminal/tabText';

/** What shows once the characters that nobody sees are taken out. */
const seen = (text: string): string => text.replaceAll('\u2060', '');

describe("text of a terminal's tab", () => {
  it('leaves what containers are usually called as it is', () => {
    for (const text of ['web:net', 'shop_web-1:net+pid db.2:mnt', 'größe_名前 🐳', '3f2a:net', ''])
      assert.equal(withoutMarkdown(text), text);
  });

  const hinged = [
    '[x](https://host/)',
    '![x](y)',
    '<b>x</b>',
    '&lt;&#36;',
    'a\\b',
    'https://host',
    'www.host',
    'me@host.net',
    '# x',
    '- x',
    '1. x',
  ];
  for (const text of hinged) {
    it(`parts the characters that would mean something in ${text}, out of sight`, () => {
      const shown = withoutMarkdown(text);
      assert.equal(seen(shown), text);
      assert.doesNotMatch(shown, /\]\(|<\w|<\/|&\w|&#|\\b|:\/\/|www\.|@\w|^# |^- |^1\./);
    });
  }

  it('has others of the same looks for those that would make the letters slant, bold, struck out or code', () => {
    assert.equal(withoutMarkdown('a *b* _c_ `d` ~e~ f_g'), 'a ＊b＊ ＿c＿ ｀d｀ ～e～ f_g');
  });
});
