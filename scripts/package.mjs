// Builds the extension and packs it into VSIX files, one per platform: the helper's native part is of one platform. The
// same sources give the same bytes, wherever and whenever they are packed.
// Usage: node scripts/package.mjs [--repository=URL] [PLATFORM…]   all platforms by default; see lib/platforms.mjs
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureNodeModules } from './lib/nodeModules.mjs';
import { unpackPackages } from './lib/npmPackages.mjs';
import { MANIFEST, ROOT, TOOL_NODE, vsixOf } from './lib/paths.mjs';
import { PLATFORMS } from './lib/platforms.mjs';
import { output, run } from './lib/run.mjs';

const VSCE = join(ROOT, 'node_modules/@vscode/vsce/vsce');
/** vsce gives every file this time (that of npm's packages), written as the time zone's and sorted as the language does. */
const SAME_EVERYWHERE = { SOURCE_DATE_EPOCH: '499162500', TZ: 'UTC', LC_ALL: 'C' };

function choose(names) {
  const unknown = names.filter((name) => !PLATFORMS[name]);
  if (unknown.length > 0) {
    throw new Error(`no such platform: ${unknown.join(', ')}. There are: ${Object.keys(PLATFORMS).join(', ')}`);
  }
  return names.length > 0 ? names : Object.keys(PLATFORMS);
}

/**
 * What package-lock.json says of a package.
 *
 * @param {string} name
 * @returns {import('./lib/npmPackages.mjs').NpmPackage}
 */
function lockedPackage(name) {
  const entry = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`];
  if (!entry) throw new Error(`${name}: not in package-lock.json`);
  return { name, version: entry.version, integrity: entry.integrity };
}

/** Where koffi's native file for each platform is; brings what npm did not install on this machine into `scratch`. */
async function nativeFiles(targets, scratch) {
  const installed = (name) => join(ROOT, 'node_modules', name);
  const names = [...new Set(targets.map((target) => PLATFORMS[target].package))];
  const missing = names.filter((name) => !existsSync(installed(name)));
  const unpacked = missing.length > 0 ? await unpackPackages(missing.map(lockedPackage), scratch) : [];
  const folder = (name) => unpacked[missing.indexOf(name)] ?? installed(name);
  return new Map(targets.map((target) => [target, join(folder(PLATFORMS[target].package), PLATFORMS[target].file)]));
}

/** Copies what .vscodeignore lets into the package, for all to read: vsce keeps the modes, and those differ by umask. */
async function stage(folder) {
  const files = await output(TOOL_NODE, [VSCE, 'ls', '--no-dependencies'], { cwd: ROOT });
  for (const file of ['.vscodeignore', ...files.trim().split('\n')]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    put(join(ROOT, file), join(folder, file));
  }
}

function put(from, to) {
  copyFileSync(from, to);
  chmodSync(to, 0o644);
}

/** The shops show a README's pictures, and follow its links, only by the address of the repository. */
function setRepository(folder, url) {
  const addresses = { repository: { type: 'git', url }, bugs: { url: `${url}/issues` }, homepage: `${url}#readme` };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ ...MANIFEST, ...addresses }, null, 2)}\n`);
}

async function pack(target, folder, repository) {
  const links = repository
    ? ['--githubBranch', `v${MANIFEST.version}`]
    : ['--allow-missing-repository', '--no-rewrite-relative-links'];
  // All that is needed is bundled into dist/.
  const args = ['package', '--target', target, '--out', vsixOf(target), '--no-dependencies', ...links];
  await run(TOOL_NODE, [VSCE, ...args], { cwd: folder, env: { ...process.env, ...SAME_EVERYWHERE }, quiet: true });
  console.log(vsixOf(target));
}

async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    options: { repository: { type: 'string' } },
    allowPositionals: true,
  });
  const targets = choose(positionals);
  await ensureNodeModules();
  await run(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
  const scratch = mkdtempSync(join(tmpdir(), 'lns-package-'));
  try {
    const natives = await nativeFiles(targets, scratch);
    const folder = join(scratch, 'extension');
    await stage(folder);
    if (values.repository) setRepository(folder, values.repository);
    for (const target of targets) {
      put(natives.get(target), join(folder, 'dist/koffi.node'));
      await pack(target, folder, values.repository);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
