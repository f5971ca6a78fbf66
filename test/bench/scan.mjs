// What a scan costs: CPU of `ns-helper scan --json` less the bare start of Node, beside `lsns --json` with as many columns,
// on the same sandboxes in one run; how that grows; and what a rescan after one change costs. Prints Markdown and keeps it
// in RESULTS-scan.md. Needs root. Usage: node test/bench/scan.mjs [SANDBOXES]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { format } from 'prettier';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { isRoot, output } from '../../scripts/lib/run.mjs';

const RESULTS = join(ROOT, 'test/bench/RESULTS-scan.md');
const HELPER = process.env.NS_HELPER ?? join(ROOT, 'dist/helper.js');
const SANDBOXES = Number(process.argv[2] ?? 500);
const RUNS = 8;
/** The goal: of lsns's CPU. */
const MOST = 0.5;
const LSNS = ['lsns', '--json', '--output', 'NS,TYPE,NPROCS,PID,PPID,COMMAND,UID,USER,NSFS,PNS,ONS'];
const CASES = {
  node: [TOOL_NODE, '-e', '0'],
  scan: [TOOL_NODE, '--', HELPER, 'scan', '--json'],
  'lsns --json': ['lsns', '--json'],
  'lsns, all that scan tells': LSNS,
};

const scratch = mkdtempSync(join(tmpdir(), 'lns-bench-'));
const makers = [];

/** Three processes each: the one that made it and waits, the first one inside, and its child. */
async function makeSandboxes(count) {
  const flags = ['--net', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child', '--mount-proc'];
  for (let made = 0; made < count; made++) {
    const script = 'sleep 1000000 & exec sleep 1000000';
    makers.push(spawn('unshare', [...flags, '--', 'sh', '-c', script], { stdio: 'ignore' }));
    // All at once would make a queue of mounts.
    if (made % 20 === 19) await sleep(50);
  }
  while (makers.some(({ pid }) => !hasGrandchild(pid))) await sleep(50);
}

function hasGrandchild(pid) {
  const childrenOf = (at) => readFileSync(`/proc/${at}/task/${at}/children`, 'utf8').split(' ').filter(Boolean);
  return childrenOf(pid).some((child) => childrenOf(child).length > 0);
}

async function endSandboxes() {
  const ends = makers.map((maker) => (maker.exitCode ?? maker.signalCode) === null && once(maker, 'exit'));
  for (const maker of makers) maker.kill('SIGKILL');
  await Promise.all(ends);
}

/** Milliseconds of user and system time of all children so far: fields 16 and 17 of /proc/self/stat, in ticks of 10 ms. */
function childrenCpu() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[16 - 3]) + Number(fields[17 - 3]));
}

/** All cases in turn, so that whatever else the machine does meets all of them. Median per case. */
function measure() {
  const times = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
  for (let run = 0; run < RUNS; run++) {
    for (const [name, [command, ...args]] of Object.entries(CASES)) {
      const before = childrenCpu();
      const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      if (status !== 0) throw new Error(`${command} ended with ${status}`);
      times[name].push(childrenCpu() - before);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(values.length - 1) >> 1] + sorted[values.length >> 1]) / 2;
}

/** The scan itself, for what the program does not offer: another proc tree, and a memory. */
async function loadScan() {
  const outfile = join(scratch, 'scan.cjs');
  const contents = `export { scan } from './helper/scan/scan'; export { WatchMemory } from './helper/scan/memory'; export { makeProc } from './test/fixtures/proc/tree';`;
  await build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    external: ['./koffi.node'],
    logLevel: 'warning',
  });
  writeFileSync(join(scratch, 'koffi.node'), readFileSync(join(ROOT, 'dist/koffi.node')));
  return createRequire(import.meta.url)(outfile);
}

function cpuOf(action) {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** A full scan and one after a process more, with what is remembered, in a process that has scanned before. */
async function measureRescan({ scan, WatchMemory }) {
  const full = [];
  const again = [];
  let now = 0;
  const memory = new WatchMemory(() => now);
  scan({ memory });
  for (let run = 0; run < RUNS; run++) {
    full.push(cpuOf(() => scan()));
    // Nothing is young any more; and the list of processes is looked at twice a second.
    now += 10_000;
    scan({ memory });
    now += 500;
    const sandbox = spawn('unshare', ['--net', 'sleep', '1000000'], { stdio: 'ignore' });
    await once(sandbox, 'spawn');
    again.push(cpuOf(() => scan({ memory })));
    sandbox.kill('SIGKILL');
    await once(sandbox, 'exit');
  }
  return { full: median(full), again: median(again) };
}

/** On trees of plain files, of sandboxes with three processes each. */
function measureGrowth({ scan, makeProc }) {
  return [500, 2_000, 10_000].map((count) => {
    const processes = Array.from({ length: count }, (_, at) => {
      const sandbox = Math.floor(at / 3);
      const first = at % 3 === 0;
      const own = { mnt: 10 * sandbox + 1, net: 10 * sandbox + 2, pid: 10 * sandbox + 3, uts: 10 * sandbox + 4 };
      const pid = 100 + at;
      return { pid, parent: first ? 1 : 100 + 3 * sandbox, pids: [pid, (at % 3) + 1], own };
    });
    const proc = makeProc(processes);
    try {
      const times = Array.from({ length: 2 }, () => cpuOf(() => scan({ root: proc.root, networks: [] })));
      return { count, cpu: Math.min(...times) };
    } finally {
      proc.remove();
    }
  });
}

function report(times, rescan, growth, processes) {
  const scan = times.scan - times.node;
  const ratios = Object.entries(times).filter(([name]) => name.startsWith('lsns'));
  const lines = [
    '# Scanning: CPU time',
    '',
    `Written by \`npm run bench:scan\`: ${SANDBOXES} sandboxes, ${processes} processes on the machine in all; CPU is user and system time, the median of ${RUNS} runs in turn.`,
    '',
    `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}; Linux ${release()}; Node ${process.version}; ${versionOfLsns()}`,
    '',
    '| | CPU ms |',
    '| --- | ---: |',
    ...Object.entries(times).map(
      ([name, value]) => `| ${name === 'node' ? 'bare `node -e 0`' : `\`${name}\``} | ${value} |`,
    ),
    `| \`scan\` less bare Node | ${scan} |`,
    '',
    ...ratios.map(
      ([name, value]) =>
        `- less bare Node, scan takes ${(scan / value).toFixed(2)} of \`${name}\` (goal: at most ${MOST})`,
    ),
    `- a rescan after one change: ${rescan.again.toFixed(1)} ms, ${((100 * rescan.again) / rescan.full).toFixed(0)} % of a full one (${rescan.full.toFixed(0)} ms) in the same process (goal: at most 10 %)`,
    ...growth.map(
      ({ count, cpu }) =>
        `- ${count} processes in a tree of files: ${cpu.toFixed(0)} ms, ${((1000 * cpu) / count).toFixed(0)} µs each`,
    ),
    '',
  ];
  return lines.join('\n');
}

let lsnsVersion = '';
const versionOfLsns = () => lsnsVersion;

async function main() {
  if (!isRoot) throw new Error('bench:scan needs root');
  lsnsVersion = (await output('lsns', ['--version'])).trim();
  await makeSandboxes(SANDBOXES);
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
  const times = measure();
  const modules = await loadScan();
  const rescan = await measureRescan(modules);
  const text = report(times, rescan, measureGrowth(modules), processes);
  console.log(text);
  writeFileSync(RESULTS, await format(text, { parser: 'markdown', printWidth: 120 }));
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const maker of makers) maker.kill('SIGKILL');
    rmSync(scratch, { recursive: true, force: true });
    process.exit(1);
  });
}
try {
  await main();
} finally {
  await endSandboxes();
  rmSync(scratch, { recursive: true, force: true });
}
