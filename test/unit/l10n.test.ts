// Every string for people is translated: none is left out of l10n, and each translation has all of them, with the same places
// for values, code and links.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { EXIT } from '../../helper/protocol';
import { readMessages } from '../support/messages';

const messages = readMessages('extension');
/** The helper speaks English; what its doctor finds is shown by the extension, which translates it. */
const findings = readMessages('helper/doctor');
const readTexts = (path: string): Record<string, string> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;

/** Strings that read like sentences and are none, by the beginning of their place. */
const NO_SENTENCES: [string, RegExp][] = [
  // A program of its own, with no VS Code to ask for translations.
  ['extension/discover/askpass.ts', /^Namespaces: /],
  // The kernel's names of capabilities.
  ['extension/inspect/capabilities.ts', /^[a-z_ ]+$/],
  // What settings and tasks call the built-in presets, in every language.
  ['extension/plan/presetsSetting.ts', /^(?:Network|Like|Repair)/],
  // The product's name is the same in every language.
  ['extension/tasks/diagnosticsProvider.ts', /^Linux Namespaces$/],
  // Only its name is looked at.
  ['extension/discover/engines/dockerApi.ts', /^no answer$/],
];

describe('strings for people in extension/', () => {
  it('all go through l10n.t() or t()', () => {
    const missed = messages.plain.filter(
      ({ place, text }) =>
        !NO_SENTENCES.some(([start, pattern]) => place.startsWith(`${start}:`) && pattern.test(text)),
    );
    assert.deepEqual(
      missed.map(({ place, text }) => `${place}: ${JSON.stringify(text)}`),
      [],
    );
    for (const [start, pattern] of NO_SENTENCES) {
      const used = messages.plain.some(({ place, text }) => place.startsWith(`${start}:`) && pattern.test(text));
      assert.ok(used, `${start} has no more of ${String(pattern)}`);
    }
  });

  it('are plain literals there, so that a translation can have them', () => {
    // One hands VS Code's translation to the parts without VS Code, in each bundle; the others have the helper's own sentences as
    // keys: what its exit codes mean, and what its doctor finds.
    const places = [...messages.computed, ...findings.computed].map(({ place }) => place.replace(/:\d+$/, ''));
    assert.deepEqual(places.sort(), [
      'extension/commands/explainEnd.ts',
      'extension/inspect/diagnosis.ts',
      'extension/parts.ts',
    ]);
  });
});

const PAGES = 'media/walkthrough';

describe('the translation into Simplified Chinese', () => {
  const english = readTexts('package.nls.json');
  const chinese = readTexts('package.nls.zh-cn.json');
  const bundle = readTexts('l10n/bundle.l10n.zh-cn.json');
  const meanings = Object.values(EXIT).flatMap(({ code, meaning }) => (code < EXIT.badArguments.code ? [] : [meaning]));
  const keys = [...new Set([...messages.translated, ...findings.translated].map(({ text }) => text)), ...meanings];
  const manifest = readFileSync('package.json', 'utf8');

  it('has every string of the sources, and no other', () => {
    assert.deepEqual(differences(keys, Object.keys(bundle)), { missing: [], tooMany: [] });
  });

  it('has every string of package.nls.json, and no other', () => {
    assert.deepEqual(differences(Object.keys(english), Object.keys(chinese)), { missing: [], tooMany: [] });
  });

  it('and package.nls.json has every string of package.json, and no other', () => {
    const used = [...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key);
    assert.deepEqual(differences([...new Set(used)], Object.keys(english)), { missing: [], tooMany: [] });
  });

  it('has the same places for values, the same code and the same links', () => {
    const pairs = [
      ...Object.entries(bundle),
      ...Object.entries(english).map(([key, text]) => [text, chinese[key] ?? ''] as const),
    ];
    const different = pairs.filter(([one, other]) => fixedParts(one).join('\n') !== fixedParts(other).join('\n'));
    assert.deepEqual(different, []);
  });

  it('is Chinese, and fit to be shown', () => {
    for (const text of [...Object.values(bundle), ...Object.values(chinese)]) {
      assert.match(text, /\p{Script=Han}/u);
      assert.doesNotMatch(text, /[^\n\P{C}]/u, 'an invisible character');
    }
  });

  it('has every page of the walkthrough, under the name that VS Code looks for', () => {
    const pages = readdirSync(PAGES).filter((name) => !name.includes('.nls.'));
    assert.deepEqual(
      [...manifest.matchAll(/"markdown": "([^"]+)"/g)].map(([, path = '']) => path).sort(),
      pages.map((name) => `${PAGES}/${name}`),
    );
    const translations = readdirSync(PAGES).filter((name) => name.includes('.nls.'));
    assert.deepEqual(
      translations,
      pages.map((name) => name.replace(/\.md$/, '.nls.zh-cn.md')),
    );
    for (const [index, name] of translations.entries()) {
      const [chinese, english] = [name, pages[index] ?? ''].map((page) => readFileSync(`${PAGES}/${page}`, 'utf8'));
      assert.match(chinese ?? '', /\p{Script=Han}/u, name);
      // As many paragraphs, and the same code in them.
      assert.deepEqual(shapeOf(chinese ?? ''), shapeOf(english ?? ''), name);
    }
  });

  it('is found by VS Code', () => {
    const { l10n } = JSON.parse(manifest) as { l10n: string };
    assert.equal(l10n, './l10n');
    assert.ok(readFileSync('.vscodeignore', 'utf8').split('\n').includes('!l10n/*.json'));
  });
});

function differences(wanted: readonly string[], there: readonly string[]): { missing: string[]; tooMany: string[] } {
  return {
    missing: wanted.filter((text) => !there.includes(text)),
    tooMany: there.filter((text) => !wanted.includes(text)),
  };
}

/** What stays as it is in every language: {0}, `code`, links, icons. */
function fixedParts(text: string): string[] {
  return [...text.matchAll(/\{\d+\}|`[^`]*`|\]\([^)]*\)|\$\([\w-]+\)/g)].map(([part]) => part).sort();
}

/** How many parts a page has, how many words are in bold in it, and its code. */
function shapeOf(page: string): [number, number, string[]] {
  return [page.split('\n\n').length, page.split('**').length, page.match(/`[^`]*`/g) ?? []];
}
