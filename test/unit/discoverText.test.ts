// Strangers' text made fit for a screen, whatever it is.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plain } from '../../extension/model/text';

describe('text from strangers', () => {
  it('leaves ordinary text as it is', () => {
    for (const text of ['web-1', 'nginx:1.27', 'größe_名前 🐳', 'a $ b (c)', '']) assert.equal(plain(text, 40), text);
  });

  const cases: [what: string, text: string, shown: string][] = [
    ['escape sequences', '\u001b[31mred\u001b[0m\u009b2J', '\ufffd[31mred\ufffd[0m\ufffd2J'],
    ['line breaks', 'a\nb\r\tc\u2028d\u0085e', 'a b  c d\ufffde'],
    ['text turned around', 'gpj.\u202eexe', 'gpj.\ufffdexe'],
    ['invisible characters', 'a\u200bb\u2066c\ufeffd', 'a\ufffdb\ufffdc d'],
    ['half a character', 'a\ud83d', 'a\ufffd'],
  ];
  for (const [what, text, shown] of cases) {
    it(`shows ${what} as what they are not`, () => {
      assert.equal(plain(text, 40), shown);
    });
  }

  it('makes no icon of $(name), but lets it look the same', () => {
    const shown = plain('x$(trash)$$(bug)', 40);
    assert.equal(shown.replaceAll('\u2060', ''), 'x$(trash)$$(bug)');
    assert.doesNotMatch(shown, /\$\(/);
  });

  it('makes no link of [label](target), but lets it look the same', () => {
    const shown = plain('[x](command:y)', 40);
    assert.equal(shown.replaceAll('\u2060', ''), '[x](command:y)');
    assert.doesNotMatch(shown, /\]\(/);
  });

  it('cuts at characters and says so', () => {
    assert.equal(plain('abcdef', 6), 'abcdef');
    assert.equal(plain('abcdefg', 6), 'abcde…');
    assert.equal(plain('🐳🐳🐳🐳', 3), '🐳🐳…');
    assert.equal(plain('🐳🐳🐳', 3), '🐳🐳🐳');
  });

  it('is never longer than asked and has nothing hidden, whatever the text', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom('$', '(', '\u202e', '\n', '🐳', '\ud800') }),
    );
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 30 }), (text, max) => {
        const shown = plain(text, max).replaceAll('\u2060', '');
        assert.ok(Array.from(shown).length <= max);
        assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
