// What scan.mjs measures: whole programs, in turn, on the same sandboxes; and where. Needs root.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { median } from './figures.mjs';
import { HELPER, helperCommand, keepCode, nodeOptions } from './helper.mjs';
import { timeInTurn } from './inTurn.mjs';

/** Copies of the helper: one that has what V8 made of it (helper/keepCode.ts), as it is once a terminal was opened, and one without. */
const KEPT = join(ROOT, 'out/bench/kept');
const FIRST = join(ROOT, 'out/bench/first');

export const SCANS = [
  { name: 'scan', title: '`scan`' },
  { name: 'first', title: '`scan`, for the first time' },
];

// All with the helper's options for Node.
const CASES = {
  node: [TOOL_NODE, ...nodeOptions(), '-e', '0'],
  scan: helperCommand(['scan', '--json'], { helperPath: join(KEPT, 'helper.js') }),
  first: helperCommand(['scan', '--json'], { helperPath: join(FIRST, 'helper.js') }),
  'lsns --json': ['lsns', '--json'],
  'lsns, all that scan tells': ['lsns', '--json', '--output', 'NS,TYPE,NPROCS,PID,PPID,COMMAND,UID,USER,NSFS,PNS,ONS'],
};

/** SCAN_OPTIONS and WATCH_OPTIONS of helper/protocol.ts. */
const WATCH_OPTIONS = ['--sparkplug', '--min-semi-space-size=8'];

/** A shell that waits for two others, all in the same namespaces, which are theirs alone. */
const SANDBOX = [
  ...['--net', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--mount-proc', '--'],
  ...['sh', '-c', 'sleep 1000000 & sleep 1000000 & wait'],
];

/**
 * Runs a script of Node's as the first process of a pid namespace, which ends with it: what else starts and ends on the
 * machine is no change there, and nothing in there outlives it. What the caller has open besides the usual three would be open
 * in every sandbox too, where the scan would look at it. By the Node and with the options that `scan --watch` has.
 */
export function runApart(argv, stdout) {
  const closeOthers = 'for fd in /proc/$$/fd/*; do fd=${fd##*/}; if ((fd > 2)); then exec {fd}>&-; fi; done';
  const script = `${closeOthers}; exec unshare --pid --fork --kill-child --mount-proc -- "$@"`;
  return spawnSync('bash', ['-c', script, 'bash', TOOL_NODE, ...nodeOptions(), ...WATCH_OPTIONS, ...argv], {
    stdio: ['ignore', stdout, 'inherit'],
    encoding: 'utf8',
  });
}

/** Both copies, anew. */
export async function copyHelper() {
  for (const folder of [KEPT, FIRST]) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(dirname(HELPER), folder, { recursive: true, filter: (path) => !path.endsWith('.code') });
  }
  await keepCode(join(KEPT, 'helper.js'));
}

let made = 0;

/** Brings their number up to `count`. Three processes each. */
export async function makeSandboxes(count) {
  const makers = [];
  for (; made < count; made++) {
    makers.push(spawn('unshare', SANDBOX, { stdio: 'ignore' }));
    // All at once would make a queue of mounts.
    if (makers.length % 20 === 0) await sleep(50);
  }
  while (makers.some(({ pid }) => !hasSandbox(pid))) await sleep(50);
  // Who made one would only go on waiting for it: outside of its pid namespace, and in all its others.
  for (const maker of makers) maker.kill('SIGKILL');
  while (makers.some(({ signalCode }) => signalCode === null)) await sleep(50);
}

function hasSandbox(maker) {
  const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return childrenOf(maker).some((shell) => childrenOf(shell).length === 2);
}

/**
 * CPU of all cases in turn, every other time the other way round, so that whatever else the machine does meets all of them.
 * What is told of two cases together is the median of what each round says of them.
 */
export async function measureCases(runs, names = Object.keys(CASES)) {
  const rounds = [];
  for (let run = 0; run < runs; run++) {
    const order = run % 2 === 0 ? names : names.toReversed();
    const times = await timeInTurn(order.map((name) => CASES[name]));
    rounds.push(Object.fromEntries(order.map((name, at) => [name, times[at].cpu])));
  }
  const over = (value) => median(rounds.map(value));
  const others = names.filter((name) => name.startsWith('lsns'));
  return {
    times: names.map((name) => [name, over((round) => round[name])]),
    less: SCANS.map(({ name }) => over((round) => round[name] - round.node)),
    ratios: others.map((name) => ({
      name,
      values: SCANS.map((scan) => over((round) => (round[scan.name] - round.node) / round[name])),
    })),
  };
}
