// Installs the pinned code-server from npm into a cache folder, with a Node to run it; does nothing where it is there.
// Up to a minute, and 750 MB. Usage by itself, to fill root's cache: node scripts/lib/installCodeServer.mjs
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, CODE_SERVER_VERSION, OLDEST_CODE_SERVER, pinnedCodeServer } from './codeServer.mjs';
import { personsEnvironment } from './environment.mjs';
import { bringNode } from './otherNodes.mjs';
import { TOOL_NODE } from './paths.mjs';
import { output, run } from './run.mjs';

const isOldest = CODE_SERVER_VERSION === OLDEST_CODE_SERVER;
/** The oldest would compile these, or take them from a forge; later versions come with what was compiled. */
const REPLACED = {
  argon2: '0.44.0',
  '@parcel/watcher': '2.5.6',
  '@vscode/ripgrep': '1.18.0',
  'node-pty': '1.2.0-beta.15',
};

/** @param {{ signal?: AbortSignal }} [options] */
export async function ensureCodeServer({ signal } = {}) {
  const home = dirname(pinnedCodeServer()[0]);
  if (existsSync(join(home, '.complete'))) return;
  console.log(`Installing code-server ${CODE_SERVER_VERSION} into ${home} (once, 750 MB)`);
  // Readable for all: other users run it.
  process.umask(0o022);
  mkdirSync(cacheFolder(), { recursive: true });
  // Finished under a name of its own and then renamed, so that two at a time do not disturb each other.
  const draft = mkdtempSync(join(cacheFolder(), '.installing-'));
  try {
    chmodSync(draft, 0o755);
    await install(draft, signal);
    writeFileSync(join(draft, '.complete'), '');
    moveInto(home, draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function install(draft, signal) {
  const npmInstall = (folder, ...packages) => {
    // Its own scripts would compile native modules; what is needed comes compiled in its packages.
    const flags = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const env = personsEnvironment(process.env);
    return run('npm', [...flags, ...packages], { cwd: folder, env, signal, quiet: true });
  };
  const overrides = isOldest ? REPLACED : {};
  writeFileSync(join(draft, 'package.json'), JSON.stringify({ private: true, overrides }));
  await npmInstall(draft, `code-server@${CODE_SERVER_VERSION}`);
  // `npm ci` refuses these two: the lock files that code-server ships do not match its package.json.
  const vscode = join(draft, 'node_modules/code-server/lib/vscode');
  if (isOldest) replaceModules(join(vscode, 'package.json'));
  await npmInstall(vscode);
  await npmInstall(join(vscode, 'extensions'));
  await bringItsNode(draft, signal);
  const entry = join(draft, 'node_modules/code-server/out/node/entry.js');
  // Otherwise it would leave a configuration and logs in the person's home.
  const env = { ...process.env, HOME: join(draft, 'home'), CODE_SERVER_CONFIG: '/dev/null' };
  const version = await output(join(draft, 'node'), [entry, '--version'], { env });
  const saysIt = version.split('\n').some((line) => line.startsWith(`${CODE_SERVER_VERSION} `));
  if (!saysIt) throw new Error(`code-server ${CODE_SERVER_VERSION}: says ${version}`);
}

/** Which modules VS Code's server takes is in its own package.json. */
function replaceModules(path) {
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  for (const name of Object.keys(manifest.dependencies))
    manifest.dependencies[name] = REPLACED[name] ?? manifest.dependencies[name];
  writeFileSync(path, JSON.stringify(manifest));
}

/** It starts only on the line of Node that it was made for. */
async function bringItsNode(draft, signal) {
  const file = join(draft, 'node');
  const { engines } = JSON.parse(readFileSync(join(draft, 'node_modules/code-server/package.json'), 'utf8'));
  const own = await output(TOOL_NODE, ['--version']);
  if (own.startsWith(`v${engines.node}.`)) copyFileSync(TOOL_NODE, file);
  else await bringNode(engines.node, file, { signal });
  chmodSync(file, 0o755);
}

function moveInto(home, draft) {
  // One without .complete is of an earlier attempt, not of one under way: those have names of their own.
  if (!existsSync(join(home, '.complete'))) rmSync(home, { recursive: true, force: true });
  try {
    renameSync(draft, home);
  } catch (error) {
    // Somebody else was faster.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureCodeServer();
