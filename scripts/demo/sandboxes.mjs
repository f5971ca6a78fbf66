// The demo's sandboxes, made with the kernel alone. Runs as root; prints `ready` when they are up, and keeps them until
// its standard input ends: so they end with whoever started this, in whatever way that happens, and nobody has to be root
// to end them. Usage: sudo node scripts/demo/sandboxes.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendants } from '../lib/processes.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

// A new pid namespace begins with the next child (unshare(2)), which needs a /proc of its own to see itself.
const OWN_PROCESSES = ['--pid', '--fork', '--kill-child', '--mount', '--mount-proc'];

/** @typedef {{ name: string, own: string[], command: string[], shares?: string, address?: string }} Demonstrated */

/** @type {Demonstrated[]} */
const SANDBOXES = [
  {
    name: 'web',
    own: ['--net', '--uts', '--ipc', '--cgroup', ...OWN_PROCESSES],
    address: '10.77.0.2/24',
    command: [process.execPath, file('webServer.mjs')],
  },
  { name: 'worker', shares: 'web', own: ['--uts', '--ipc', ...OWN_PROCESSES], command: ['sleep', 'infinity'] },
  { name: 'offline', own: ['--net', '--uts'], command: ['sleep', 'infinity'] },
];

/**
 * Starts one, and resolves with the pid of its named process.
 *
 * @param {Demonstrated} sandbox
 * @param {Map<string, number>} pids
 */
async function start({ name, own, shares, address = '', command }, pids) {
  const argv = [
    // If this process is killed, the sandbox is too.
    ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ...(shares ? ['nsenter', `--target=${pids.get(shares)}`, '--net', '--'] : []),
    ...['unshare', ...own, '--', 'bash', file('becomeSandbox.sh'), name, address, ...command],
  ];
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'spawn');
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    const pid = [child.pid, ...descendants(child.pid)].find((candidate) => argv0(candidate) === name);
    if (pid !== undefined) return pid;
    if (child.exitCode !== null) throw new Error(`sandbox ${name}: exit code ${child.exitCode}`);
  }
  throw new Error(`sandbox ${name}: not there after 10 s`);
}

function argv0(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];
  } catch {
    return undefined;
  }
}

// Ctrl-C in the terminal reaches this process too, but it is for the starter to say when to end.
process.on('SIGINT', () => undefined);
process.stdin.resume().once('end', () => process.exit(0));
try {
  const pids = new Map();
  for (const sandbox of SANDBOXES) pids.set(sandbox.name, await start(sandbox, pids));
  console.log('ready');
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
