// Bundles the extension, its launcher and the helper into dist/, with koffi's native file and the licences of all that is in
// them; with --tests also each test file into out/; with --debug readable, and with the sources' lines for a debugger.
// Usage: node scripts/build.mjs [--tests] [--debug]
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledFolders, thirdPartyNotices } from './lib/notices.mjs';
import { PLATFORMS, platformTarget } from './lib/platforms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const debug = process.argv.includes('--debug');

/** @satisfies {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // The oldest Node that a supported VS Code or a person's sudo may start these with.
  target: 'node20',
  sourcemap: debug ? 'inline' : false,
  logLevel: 'warning',
  define: {
    VERSION: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version),
  },
};

/** What extension.js loads when VS Code first calls it: extension/parts.ts. */
const PARTS = ['parts/view', 'parts/tasks', 'parts/terminals', 'parts/commands', 'tasks/tasksFile'];

/** What are bundles of their own beside the one that asks for them, which loads each when it is needed. */
const apart = (...modules) => ({
  name: 'apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ path, kind }) =>
      modules.includes(path) && kind !== 'entry-point' ? { path: `./${basename(path)}.js`, external: true } : undefined,
    ),
});

/** import() by require(): Node's loader of ECMAScript modules takes its time. */
const REQUIRED = { 'dynamic-import': false };

async function bundleProduct() {
  rmSync('dist', { recursive: true, force: true });
  const extension = await build({
    ...common,
    metafile: true,
    entryPoints: {
      extension: 'extension/main.ts',
      ...Object.fromEntries(PARTS.map((part) => [basename(part), `extension/${part}.ts`])),
      launcher: 'extension/launch/launcher.ts',
      discovery: 'extension/discover/discoveryMain.ts',
      askpass: 'extension/discover/askpass.ts',
    },
    outdir: 'dist',
    minify: !debug,
    external: ['vscode'],
    plugins: [apart(...PARTS.map((part) => `./${part}`))],
    supported: REQUIRED,
  });
  const helper = await build({
    ...common,
    metafile: true,
    entryPoints: {
      helper: 'helper/main.ts',
      enterVerb: 'helper/enterVerb.ts',
      enterByJoiner: 'helper/enterByJoiner.ts',
      scanVerb: 'helper/scanVerb.ts',
      verbs: 'helper/verbs.ts',
    },
    outdir: 'dist',
    // Left readable: people are asked to run this as root.
    minify: false,
    external: ['./koffi.node'],
    plugins: [apart('./verbs')],
    supported: REQUIRED,
    // NODE_OPTIONS of protocol.ts. What a person gives it by hand has no shield; -- keeps newer Nodes from some of it.
    banner: { js: '#!/usr/bin/env -S node --v8-pool-size=1 --no-sparkplug --' },
  });
  const folders = bundledFolders([extension, helper].map(({ metafile }) => metafile));
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', thirdPartyNotices(folders));
  copyNative();
  return { packages: folders, modules: modulesOf(extension.metafile) };
}

/** By bundle, the sources that have code in it. */
function modulesOf({ outputs }) {
  const modules = ({ inputs }) => Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  return Object.fromEntries(Object.entries(outputs).map(([path, output]) => [basename(path, '.js'), modules(output)]));
}

/** koffi's own loader costs more time than the native file itself, so the file is copied and loaded directly. */
function copyNative() {
  const target = platformTarget();
  const native = PLATFORMS[target] && join('node_modules', PLATFORMS[target].package, PLATFORMS[target].file);
  if (!native || !existsSync(native)) throw new Error(`no koffi for ${target}: ${native ?? 'not a known platform'}`);
  cpSync(native, 'dist/koffi.node');
}

async function bundleTests(bundled) {
  rmSync('out', { recursive: true, force: true });
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  // These are started by themselves: they run the tests, or take pictures.
  files.push(
    'support/runSuite.ts',
    'pictures/takePictures.ts',
    'support/codeStandIn.ts',
    'support/unlockAsUser.ts',
    'editor/runEditor.ts',
    'editor/suite.ts',
  );
  await build({
    ...common,
    entryPoints: files.map((file) => join('test', file)),
    outbase: 'test',
    outdir: 'out',
    sourcemap: 'inline',
    external: [
      'vscode',
      'mocha',
      'playwright-core',
      '@vscode/test-electron',
      'fast-check',
      'typescript',
      './koffi.node',
    ],
  });
  // Unit tests of the helper's parts load it from beside themselves, as the helper does.
  cpSync('dist/koffi.node', 'out/unit/koffi.node');
  writeFileSync('out/bundled.json', JSON.stringify(bundled));
}

const bundled = await bundleProduct();
if (process.argv.includes('--tests')) await bundleTests(bundled);
