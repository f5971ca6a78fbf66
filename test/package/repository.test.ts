// What the shops make of a package's repository, which is named when it is packed: where its pictures are, and where its links
// lead to.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { readZip } from '../support/zip';
import { copySources, packIn, vsixOf } from './support';

const URL = 'https://github.com/somebody/linux-namespaces';

describe('a package with the address of its repository', () => {
  let folder: string;
  let files: Map<string, Buffer>;
  const text = (name: string): string => (files.get(name) ?? assert.fail(`no ${name}`)).toString('utf8');
  const linksOf = (markdown: string): string[] =>
    [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !link.startsWith('#'));
  before(async function () {
    this.timeout(180_000);
    folder = copySources();
    await packIn(folder, [`--repository=${URL}`, 'alpine-x64']);
    files = readZip(vsixOf('alpine-x64', folder));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('names it, its page for problems and its home page, in the manifest and for the shops', () => {
    const { repository, bugs, homepage } = JSON.parse(text('extension/package.json')) as Record<string, unknown>;
    assert.deepEqual(
      { repository, bugs, homepage },
      { repository: { type: 'git', url: URL }, bugs: { url: `${URL}/issues` }, homepage: `${URL}#readme` },
    );
    for (const [property, value] of [
      ['Source', `${URL}.git`],
      ['Support', `${URL}/issues`],
      ['Learn', `${URL}#readme`],
    ]) {
      const named = `<Property Id="Microsoft.VisualStudio.Services.Links.${property}" Value="${value}" />`;
      assert.ok(text('extension.vsixmanifest').includes(named), named);
    }
  });

  it('shows its pictures and follows its links at the version that it is of', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const here = linksOf(readFileSync('README.md', 'utf8'));
    const there = linksOf(text('extension/readme.md'));
    assert.equal(there.length, here.length);
    const pictures = here.filter((link) => link.endsWith('.png'));
    assert.ok(pictures.length > 0, 'there is no picture');
    for (const [at, link] of here.entries()) {
      const way = pictures.includes(link) ? 'raw' : 'blob';
      const expected = /^https?:/.test(link) ? link : `${URL}/${way}/v${version}/${link}`;
      assert.equal(there[at], expected);
    }
  });
});
