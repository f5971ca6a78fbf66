// What the documents name is there: files, headings, tests by their titles, npm scripts, settings, and the messages that
// people are told to look for. Leaves out whether what they say of them is true.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MANIFEST = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
  contributes: { configuration: unknown };
};
/** Of the repository, without what is made or installed. */
const FILES = readdirSync('.', { withFileTypes: true })
  .filter(({ name }) => !['.git', 'node_modules', 'dist', 'out'].includes(name))
  .flatMap((entry) => (entry.isDirectory() ? below(entry.name) : [entry.name]));
/** CHANGELOG.md is left out: it may tell of what is gone. */
const PAGES = FILES.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md').filter(
  (path) => !path.includes('/') || /^docs\/|^(helper|extension)\/README/.test(path),
);

function below(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** All matches of a pattern's first group in a page. */
function named(page: string, pattern: RegExp): string[] {
  return [...read(page).matchAll(pattern)].map(([, name = '']) => name);
}

/** As the forges and the Marketplace make them of headings. */
function anchorsOf(page: string): string[] {
  return named(page, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  it('are all looked at', () => {
    for (const page of ['README.md', 'docs/architecture.md', 'helper/README.md']) assert.ok(PAGES.includes(page), page);
  });

  for (const page of PAGES) {
    it(`${page} links to what is there`, () => {
      for (const link of named(page, /\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(target), `${page} links to ${link}`);
        if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${page} links to ${link}`);
      }
    });

    it(`${page} names files, npm scripts and settings that are there`, () => {
      for (const name of named(page, /`([\w./-]+\.(?:ts|mjs|cjs))`/g)) {
        const ending = name.replace(/^\.\//, '');
        assert.ok(
          FILES.some((path) => path === ending || path.endsWith(`/${ending}`)),
          `${page} names ${name}`,
        );
      }
      for (const script of named(page, /npm run ([\w:]+)/g)) {
        assert.ok(script in MANIFEST.scripts, `${page} names npm run ${script}`);
      }
      const settings = JSON.stringify(MANIFEST.contributes.configuration);
      for (const name of named(page, /`(namespaces\.\w+(?:\.\w+)*)`/g)) {
        assert.ok(settings.includes(`"${name}"`), `${page} names the setting ${name}`);
      }
    });
  }

  it('have pictures that are quick to load', () => {
    const pictures = FILES.filter((path) => /^media\/readme\/.*\.png$/.test(path));
    assert.ok(pictures.length > 0, 'there is none');
    for (const picture of pictures) assert.ok(statSync(picture).size < 300_000, picture);
  });

  it('name commands as they are called', () => {
    for (const [language, pattern] of [
      ['', /\*\*(?:Namespaces: )?((?:Open Terminal|Run Task|Always|Copy|Show)[^*]*)\*\*/g],
      ['zh-cn.', /\*\*((?:在|按)[^*]*)\*\*/g],
    ] as const) {
      const titles = Object.values(JSON.parse(read(`package.nls.${language}json`)) as Record<string, string>);
      const all = PAGES.flatMap((page) => named(page, pattern));
      assert.ok(all.length > 3, `only ${all.length} are named`);
      for (const title of all) assert.ok(titles.includes(title), `no command is called ${title}`);
    }
  });

  it('name tests by titles that they have', () => {
    const all = PAGES.flatMap((page) => [...read(page).matchAll(/`(test\/[\w/]+\.test\.ts)` “(.+?)”/g)]);
    assert.ok(all.length > 0, 'no test is named');
    for (const [, path = '', title = ''] of all) {
      assert.ok(read(path).includes(title), `${path} has no test “${title}”`);
    }
  });

  it('name lint rules that there are', () => {
    const rules = PAGES.flatMap((page) => named(page, /lint: `(\w+)`/g));
    assert.ok(rules.length > 1, 'no rule is named');
    for (const rule of rules) assert.ok(read('scripts/eslint.config.mjs').includes(`const ${rule} =`), rule);
  });

  for (const page of ['helper/README.md', 'extension/README.md']) {
    it(`${page} names with each invariant a test by its title, or a lint rule`, () => {
      const [, section = ''] = read(page).split(/^#+ Invariants$/m);
      const [bullets = ''] = section.split(/^#/m);
      const invariants = bullets.split('\n').filter((line) => line.startsWith('- '));
      assert.ok(invariants.length > 5, `only ${invariants.length} are there`);
      for (const invariant of invariants) assert.match(invariant, /`test\/[\w/]+\.test\.ts` “.+”|lint: `\w+`/);
    });
  }

  describe('SECURITY.md', () => {
    // In brackets behind a claim, or in the last column of a table.
    const lists = named('SECURITY.md', /(?:\(|\| )((?:`[a-z][\w/]*`(?: “[^”]+”)?(?:, )?)+)(?:\)| +\|$)/gm);
    const tests = lists.flatMap((list) => [...list.matchAll(/`([\w/]+)`(?: “([^”]+)”)?/g)]);
    const pathOf = (name: string): string => `test/${name.includes('/') ? name : `kernel/${name}`}.test.ts`;

    it('names tests that are there', () => {
      assert.ok(tests.length > 10, `only ${tests.length} are named`);
      for (const [, name = '', title = ''] of tests) {
        assert.ok(existsSync(pathOf(name)), `there is no ${name}`);
        assert.ok(read(pathOf(name)).includes(title), `${name} has no test “${title}”`);
      }
    });

    it('says which of its tests is meant where a file is named for more than one claim', () => {
      const names = tests.map(([, name]) => name);
      for (const [, name = '', title] of tests) {
        const isOnly = names.indexOf(name) === names.lastIndexOf(name);
        assert.ok(isOnly || title !== undefined, `${name} is named more than once`);
      }
    });
  });

  it('explain messages that exist', () => {
    const sources = FILES.filter((path) => /^(helper|extension)\/.*\.ts$|^package\.nls\.json$/.test(path)).map(read);
    const said = sources.join('\n').replaceAll("\\'", "'");
    // … stands for what differs from case to case.
    const messages = named('docs/troubleshooting.md', /^#+ “(.+)”$/gm);
    assert.ok(messages.length > 10, `only ${messages.length} are explained`);
    for (const message of messages) {
      for (const part of message.split('…')) assert.ok(said.includes(part.trim()), `nothing says “${part.trim()}”`);
    }
  });
});
