// Everything from a fresh clone to a running editor: installs what is missing, builds, packs, opens an editor with the
// extension, and where nothing is there to enter a demo. Ctrl-C ends it all and leaves nothing behind but node_modules,
// the build and the cached editor. Usage: node scripts/start.mjs [--demo | --no-demo]
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureTools } from './lib/apt.mjs';
import { installVsix, prepareEditor, startCodeServer } from './lib/codeServer.mjs';
import { anythingToEnter, startDemo } from './lib/demo.mjs';
import { removeLeftovers } from './lib/leftovers.mjs';
import { chooseEditor } from './lib/editors.mjs';
import { personsEnvironment } from './lib/environment.mjs';
import { ensureCodeServer } from './lib/installCodeServer.mjs';
import { ensureNodeModules } from './lib/nodeModules.mjs';
import { ROOT, VSIX } from './lib/paths.mjs';
import { platformTarget } from './lib/platforms.mjs';
import { endTree, processesNaming } from './lib/processes.mjs';
import { run } from './lib/run.mjs';

const TOOLS = [
  { program: 'sudo', package: 'sudo' },
  { program: 'nsenter', package: 'util-linux' },
  { program: 'ip', package: 'iproute2' },
];

const interrupt = new AbortController();
const { signal } = interrupt;
/** What has to be undone, in the order in which it was done. */
const undo = [];

function parse(argv) {
  const unknown = argv.find((argument) => !['--demo', '--no-demo'].includes(argument));
  if (unknown) throw new Error(`unknown argument: ${unknown}. There are --demo and --no-demo.`);
  return { demo: argv.includes('--demo'), noDemo: argv.includes('--no-demo') };
}

async function main(options) {
  await ensureTools(TOOLS, { signal });
  await ensureNodeModules({ signal });
  removeCodeServersLogs();
  const editor = await chooseEditor(process.env);
  if (editor.pinned) await ensureCodeServer({ signal });
  console.log('Building');
  await run(process.execPath, [join(ROOT, 'scripts/package.mjs'), platformTarget()], {
    cwd: ROOT,
    signal,
    quiet: true,
  });

  await demonstrate(options);
  signal.throwIfAborted();

  // Short, because Unix sockets are made in it.
  const dir = mkdtempSync('/tmp/lns-');
  const since = Date.now();
  undo.push(() => removeLeftovers(since));
  undo.push(() => removeWithUsers(dir));
  const sample = join(dir, 'sample');
  cpSync(join(ROOT, 'scripts/demo/sample'), sample, { recursive: true });
  const folders = await prepareEditor(dir);
  await installVsix(editor.command, folders, VSIX, { signal });
  if (editor.desktop) await untilClosed(editor, folders, sample);
  else await serve(editor, dir, sample);
}

async function demonstrate({ demo, noDemo }) {
  if (!demo && (noDemo || (await anythingToEnter()))) return;
  try {
    undo.push(await startDemo());
    console.log('Started a demo: the sandboxes web, worker and offline');
  } catch (error) {
    // The editor is worth having without a demo that nobody asked for.
    if (demo) throw error;
    console.log(`${error.message}; going on without it`);
  }
}

async function serve(editor, dir, sample) {
  const server = await startCodeServer({ command: editor.command, dir });
  undo.push(server.stop);
  console.log(`
Linux Namespaces is ready.

  Open      ${server.url}/?folder=${sample}
  Password  ${server.password}   (asked for, because every user of this machine can reach that address)

Ctrl-C ends it, with everything that it started.`);
  await Promise.race([server.exited, aborted()]);
  if (!signal.aborted) throw new Error('code-server ended by itself');
}

async function untilClosed(editor, folders, sample) {
  const args = [...editor.command.slice(1), ...folders, '--new-window', '--wait', sample];
  const child = spawn(editor.command[0], args, {
    env: personsEnvironment(process.env),
    stdio: 'ignore',
    detached: true,
  });
  undo.push(() => endTree(child.pid));
  console.log(`\nLinux Namespaces is open in ${editor.name}. Close its window or press Ctrl-C to end.`);
  const closed = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
  await Promise.race([closed, aborted()]);
}

/** A desktop editor leaves its starter's process tree; it is known by the folder that it was told to use. */
async function removeWithUsers(dir) {
  for (const pid of processesNaming(`${dir}/`)) await endTree(pid);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

function aborted() {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** code-server logs into the person's home, whatever folder it is told to use. */
function removeCodeServersLogs() {
  const folder = join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'code-server');
  if (!existsSync(folder)) undo.push(() => rmSync(folder, { recursive: true, force: true }));
}

/** npm passes on most signals, but when it is killed or its terminal closes, nobody tells us. */
async function watchParent() {
  const parent = process.ppid;
  for (;;) {
    await sleep(1_000, undefined, { ref: false });
    if (process.ppid !== parent) interrupt.abort();
  }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort());
if (process.env.npm_lifecycle_event) void watchParent();
// A closed terminal or pipe must not keep us from cleaning up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interrupt.abort());

try {
  await main(parse(process.argv.slice(2)));
} catch (error) {
  if (!signal.aborted) {
    console.error(`start: ${error.message}`);
    process.exitCode = 1;
  }
}
if (signal.aborted) console.log('\nEnding');
for (const step of undo.reverse()) {
  try {
    await step();
  } catch (error) {
    console.error(`start: while ending: ${error.message}`);
    process.exitCode = 1;
  }
}
process.exit();
