// Runs code-server, VS Code in a browser: installs an extension into it, starts it, ends it. All of its state is in one
// folder. Leaves out how it got onto the machine; see installCodeServer.mjs.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { personsEnvironment } from './environment.mjs';
import { endTree } from './processes.mjs';
import { output, run } from './run.mjs';

const NEWEST_CODE_SERVER = '4.139.1';
/** The first with the VS Code that `engines.vscode` of package.json asks for. */
export const OLDEST_CODE_SERVER = '4.105.1';
/** `npm run test:oldest` sets the variable, which the tests' programs inherit. */
export const CODE_SERVER_VERSION =
  process.env.NAMESPACES_TEST_EDITOR === 'oldest' ? OLDEST_CODE_SERVER : NEWEST_CODE_SERVER;

/** Root's cache is where other users can read it too: the tests run the editor as a user without rights. */
export function cacheFolder() {
  if (process.getuid?.() === 0) return '/var/cache/linux-namespaces';
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'linux-namespaces');
}

/** The argv that starts the pinned code-server. */
export function pinnedCodeServer() {
  const home = join(cacheFolder(), `code-server-${CODE_SERVER_VERSION}`);
  return [join(home, 'node'), join(home, 'node_modules/code-server/out/node/entry.js')];
}

// No marketplace: nothing here asks the network for anything.
const NO_GALLERY = JSON.stringify({ serviceUrl: '', itemUrl: '', resourceUrlTemplate: '' });

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'terminal.integrated.defaultProfile.linux': 'bash',
  // A terminal that outlives its window would be left over when the editor ends.
  'terminal.integrated.enablePersistentSessions': false,
};

/**
 * Makes the folders of an editor of its own, and resolves with the arguments that point an editor to them.
 *
 * @param {string} dir
 * @param {{ settings?: Record<string, unknown>, user?: string }} [options]
 */
export async function prepareEditor(dir, { settings = {}, user } = {}) {
  const data = join(dir, 'u');
  mkdirSync(join(dir, 'e'), { recursive: true, mode: 0o700 });
  // Settings of scope `machine` count only in a server's Machine folder, all others only in User.
  for (const scope of ['User', 'Machine']) {
    mkdirSync(join(data, scope), { recursive: true, mode: 0o700 });
    writeFileSync(join(data, scope, 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }, null, 2));
  }
  if (user) await run('chown', ['-R', `${user}:`, dir]);
  return [`--user-data-dir=${data}`, `--extensions-dir=${join(dir, 'e')}`];
}

/**
 * Installs an extension from a VSIX file, by any of the editors' commands.
 *
 * @param {readonly string[]} command
 * @param {readonly string[]} folders
 * @param {string} vsix
 * @param {{ user?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal }} [options]
 */
export async function installVsix(command, folders, vsix, { user, env, signal } = {}) {
  const [program, ...args] = asUser([...command, ...folders, '--install-extension', vsix, '--force'], user);
  // Otherwise code-server would write a configuration into the person's home.
  const quiet = { ...editorEnvironment(env), CODE_SERVER_CONFIG: '/dev/null' };
  await output(program, args, { env: quiet, signal, cwd: '/' });
}

/**
 * Starts a code-server that listens on this machine only and asks for a password: without one, every other user of the
 * machine could open a shell as the one who started it.
 *
 * @param {import('./codeServer.mjs').EditorOptions} options
 * @returns {Promise<import('./codeServer.mjs').CodeServer>}
 */
export async function startCodeServer({ command, dir, settings, user, env, flags = [] }) {
  const folders = await prepareEditor(dir, { settings, user });
  const port = await freePort();
  const password = randomBytes(12).toString('base64url');
  // Of a password as it is, code-server makes the argon2 hash anew for each file that the window asks for: all processors do
  // little else while an editor starts.
  const hash = createHash('sha256').update(password).digest('hex');
  const config = join(dir, 'config.yaml');
  writeFileSync(config, `bind-addr: 127.0.0.1:${port}\nauth: password\nhashed-password: ${hash}\ncert: false\n`, {
    mode: 0o600,
  });
  if (user) await run('chown', [`${user}:`, config]);

  const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'];
  const argv = [...command, '--config', config, ...folders, ...quiet, '--ignore-last-opened', ...flags];
  // If this process is killed, the server ends too.
  const [program, ...args] = asUser(argv, user, ['--pdeathsig=TERM']);
  const logFile = join(dir, 'server.log');
  const log = openSync(logFile, 'w');
  // In a group of its own, so that Ctrl-C in our terminal reaches us alone and we end it in order.
  const server = spawn(program, args, {
    cwd: '/',
    env: editorEnvironment(env),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = new Promise((resolve) => server.once('exit', resolve).once('error', resolve));
  const url = `http://127.0.0.1:${port}`;
  // On a busy machine it takes more than the usual moment, and by force it would leave behind what extensions remove.
  const stop = () => endTree(server.pid, 15_000);
  try {
    await healthy(url, server);
  } catch (error) {
    if (server.pid) await stop();
    throw new Error(`code-server: ${error.message}\n${readFileSync(logFile, 'utf8').slice(-2_000)}`);
  }
  return { url, password, exited, stop };
}

async function healthy(url, server) {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    if (server.exitCode !== null || server.pid === undefined) throw new Error('ended while starting');
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error('does not answer after 60 s');
}

function editorEnvironment(env) {
  return { ...personsEnvironment(env ?? process.env), EXTENSIONS_GALLERY: NO_GALLERY };
}

/** --init-groups, because a user's groups decide which engines' sockets it may talk to. */
function asUser(argv, user, flags = []) {
  const identity = user ? [`--reuid=${user}`, `--regid=${user}`, '--init-groups'] : [];
  return identity.length + flags.length > 0 ? ['setpriv', ...identity, ...flags, '--', ...argv] : argv;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
