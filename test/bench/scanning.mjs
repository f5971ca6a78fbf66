// What a scan costs beside lsns, on machines of three sizes: CPU of whole processes, in turn, in one run. bench:scan looks
// closer, at one size. Needs root.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { childrenCpu, median } from './figures.mjs';
import { helperCommand } from './helper.mjs';

const SIZES = [50, 500, 2_000];
const RUNS = 5;
const cases = () => [
  { name: 'bare `node -e 0`', argv: [TOOL_NODE, '-e', '0'] },
  { name: '`scan --json`', argv: helperCommand('scan', '--json') },
  {
    name: '`lsns`, all that scan tells',
    argv: ['lsns', '--json', '--output', 'NS,TYPE,NPROCS,PID,PPID,COMMAND,UID,USER,NSFS,PNS,ONS'],
  },
];
const FLAGS = ['--net', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child', '--mount-proc'];

/** Rows of figures: a name, a value in milliseconds of CPU, and scan's part of lsns's less bare Node. */
export async function measureScanning() {
  const makers = [];
  try {
    const rows = [];
    for (const size of SIZES) {
      await makeSandboxes(makers, size);
      const [node, scan, lsns] = measure();
      for (const [at, value] of [node, scan, lsns].entries())
        rows.push({ name: `${cases()[at].name}, ${size} sandboxes`, value });
      rows.at(-2).ratio = { to: 'lsns, less bare Node', value: (scan - node) / lsns };
    }
    return rows;
  } finally {
    for (const maker of makers) maker.kill('SIGKILL');
    await Promise.all(makers.map((maker) => (maker.exitCode ?? maker.signalCode) === null && once(maker, 'exit')));
  }
}

/** Brings their number up to `count`; two processes inside each, and the one that made it. */
async function makeSandboxes(makers, count) {
  while (makers.length < count) {
    const argv = [...FLAGS, '--', 'sh', '-c', 'sleep 1000000 & exec sleep 1000000'];
    // Should we be killed, they end with us.
    makers.push(spawn('setpriv', ['--pdeathsig=KILL', '--', 'unshare', ...argv], { stdio: 'ignore' }));
    // All at once would make a queue of mounts.
    if (makers.length % 20 === 0) await sleep(50);
  }
  while (makers.some(({ pid }) => !childrenOf(pid).some((child) => childrenOf(child).length > 0))) await sleep(50);
}

const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

/** All cases in turn, so that whatever else the machine does meets all of them. */
function measure() {
  const times = cases().map(() => []);
  for (let run = 0; run < RUNS; run++) {
    for (const [at, { argv }] of cases().entries()) {
      const before = childrenCpu();
      const { status } = spawnSync(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
      if (status !== 0) throw new Error(`${argv.join(' ')}: ended with ${status}`);
      times[at].push(childrenCpu() - before);
    }
  }
  return times.map(median);
}
