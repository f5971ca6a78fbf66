// What is in the packages that people install: exactly what is listed here, for the right machine and C library, with the
// licences of all that was bundled.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NpmPackage, unpackPackages } from '../../scripts/lib/npmPackages.mjs';
import { PLATFORMS as NATIVES } from '../../scripts/lib/platforms.mjs';
import { readZip } from '../support/zip';
import { vsixOf } from './support';

/** e_machine of elf(5), and the C library's name as its dynamic section has it. */
const X86_64 = 62;
const AARCH64 = 183;
const ARM = 40;
const PLATFORMS = [
  { target: 'linux-x64', machine: X86_64, libc: 'libc.so.6' },
  { target: 'linux-arm64', machine: AARCH64, libc: 'libc.so.6' },
  { target: 'linux-armhf', machine: ARM, libc: 'libc.so.6' },
  { target: 'alpine-x64', machine: X86_64, libc: 'libc.musl-x86_64.so.1' },
  { target: 'alpine-arm64', machine: AARCH64, libc: 'libc.musl-aarch64.so.1' },
];
const NATIVE = 'extension/dist/koffi.node';
/** vsce calls them so. */
const RENAMED = new Map([
  ['LICENSE.txt', 'LICENSE'],
  ['changelog.md', 'CHANGELOG.md'],
  ['readme.md', 'README.md'],
]);
const FILES = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/SECURITY.md',
  'extension/changelog.md',
  'extension/dist/THIRD-PARTY-NOTICES.txt',
  'extension/dist/askpass.js',
  'extension/dist/commands.js',
  'extension/dist/discovery.js',
  'extension/dist/enterByJoiner.js',
  'extension/dist/enterVerb.js',
  'extension/dist/extension.js',
  'extension/dist/helper.js',
  'extension/dist/koffi.node',
  'extension/dist/launcher.js',
  'extension/dist/scanVerb.js',
  'extension/dist/tasks.js',
  'extension/dist/tasksFile.js',
  'extension/dist/terminals.js',
  'extension/dist/verbs.js',
  'extension/dist/view.js',
  'extension/l10n/bundle.l10n.zh-cn.json',
  'extension/media/icon.png',
  'extension/media/namespaces.svg',
  'extension/media/walkthrough/enter.md',
  'extension/media/walkthrough/enter.nls.zh-cn.md',
  'extension/media/walkthrough/see.md',
  'extension/media/walkthrough/see.nls.zh-cn.md',
  'extension/media/walkthrough/select.md',
  'extension/media/walkthrough/select.nls.zh-cn.md',
  'extension/media/walkthrough/tasks.md',
  'extension/media/walkthrough/tasks.nls.zh-cn.md',
  'extension/media/walkthrough/unlock.md',
  'extension/media/walkthrough/unlock.nls.zh-cn.md',
  'extension/package.json',
  'extension/package.nls.json',
  'extension/package.nls.zh-cn.json',
  'extension/readme.md',
];

for (const { target, machine, libc } of PLATFORMS) {
  describe(`the package for ${target}`, () => {
    let files: Map<string, Buffer>;
    const fileOf = (name: string): Buffer => files.get(name) ?? assert.fail(`no ${name}`);
    const text = (name: string): string => fileOf(name).toString('utf8');
    before(() => {
      files = readZip(vsixOf(target));
    });

    it('holds what is needed and nothing else', () => {
      assert.deepEqual([...files.keys()].sort(), FILES);
    });

    it('is smaller than 4 MB, and for this platform alone', () => {
      assert.ok(statSync(vsixOf(target)).size < 4_000_000);
      assert.match(text('extension.vsixmanifest'), new RegExp(` TargetPlatform="${target}"`));
    });

    it('has an extension that is loaded in a moment: less than 400 KB', () => {
      // What is activated, and what that loads when it is needed.
      const names = ['extension', 'view', 'tasks', 'terminals', 'commands', 'tasksFile'];
      const sizes = names.map((name) => fileOf(`extension/dist/${name}.js`).length);
      const sum = sizes.reduce((a, b) => a + b);
      console.log(`      ${names.join('.js, ')}.js: ${sizes.join(' + ')} = ${sum} bytes`);
      assert.ok(sum < 400_000);
    });

    it('has koffi’s native file for its processor and its C library', () => {
      const elf = fileOf(NATIVE);
      assert.equal(elf.toString('latin1', 1, 4), 'ELF');
      assert.equal(elf.readUInt16LE(18), machine);
      for (const one of new Set(PLATFORMS.map((platform) => platform.libc))) {
        assert.equal(elf.includes(`\0${one}\0`), one === libc, one);
      }
    });

    it('has the native file of the very package that the lock file names by its hash', async () => {
      const { package: name, file } = NATIVES[target] ?? assert.fail(`no native file is known for ${target}`);
      const scratch = mkdtempSync(join(tmpdir(), 'lns-native-'));
      try {
        const [folder = ''] = await unpackPackages([{ name, ...locked(name) }], scratch);
        assert.ok(fileOf(NATIVE).equals(readFileSync(join(folder, file))));
      } finally {
        rmSync(scratch, { recursive: true });
      }
    });

    it('asks for a C library that such machines have', () => {
      const elf = fileOf(NATIVE);
      const needed = [...elf.toString('latin1').matchAll(/\0GLIBC_2\.(\d+)\0/g)].map(([, minor]) => Number(minor));
      // VS Code's own servers ask for 2.28; koffi's for 32-bit ARM is newer: Debian 12, Ubuntu 22.04.
      assert.ok(Math.max(0, ...needed) <= (target === 'linux-armhf' ? 34 : 28), needed.join());
      if (libc === 'libc.so.6') assert.ok(needed.length > 0);
    });

    it('has each file as it is here, or as it was built', () => {
      // The native file is of this platform; see above.
      const names = FILES.filter((name) => name.startsWith('extension/') && name !== NATIVE);
      for (const name of names) {
        const path = name.slice('extension/'.length);
        assert.ok(fileOf(name).equals(readFileSync(RENAMED.get(path) ?? path)), name);
      }
    });

    it('has the licence of each package that is bundled, and names no other', () => {
      const notices = text('extension/dist/THIRD-PARTY-NOTICES.txt');
      const { packages: folders } = JSON.parse(readFileSync('out/bundled.json', 'utf8')) as { packages: string[] };
      assert.ok(folders.length > 2 && folders.includes('node_modules/koffi'));
      const named = [...notices.matchAll(/^─+\n(\S+ \S+) \(/gm)].map(([, name]) => name);
      assert.deepEqual(named.sort(), folders.map(nameOf).sort());
      for (const folder of [...folders, ...vendored()]) assert.ok(notices.includes(licenceOf(folder)), folder);
    });
  });
}

const LOCK = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Omit<NpmPackage, 'name'>>;
};
const locked = (name: string): Omit<NpmPackage, 'name'> =>
  LOCK.packages[`node_modules/${name}`] ?? assert.fail(`package-lock.json has no ${name}`);

const nameOf = (folder: string): string => {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
  return `${name ?? ''} ${version ?? ''}`;
};
const vendored = (): string[] =>
  readdirSync('node_modules/koffi/vendor').map((name) => `node_modules/koffi/vendor/${name}`);

function licenceOf(folder: string): string {
  const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file)) ?? assert.fail(`no licence in ${folder}`);
  return readFileSync(join(folder, name), 'utf8').trim();
}
