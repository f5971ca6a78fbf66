// What a scan costs: CPU of `ns-helper scan --json` less the bare start of Node, beside `lsns --json` with as many columns,
// on the same sandboxes in one run; how that grows; and what a rescan after one change costs. Prints Markdown and keeps it
// in RESULTS-scan.md. All of it runs in a pid namespace of its own, so that what else starts and ends on the machine is no
// change; nothing in there outlives it. Needs root. Usage: node test/bench/scan.mjs [SANDBOXES]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { isRoot, output } from '../../scripts/lib/run.mjs';
import { median } from './figures.mjs';
import { save } from './save.mjs';
import { makeSandboxes, measureCases, runApart } from './scanCases.mjs';
import { makeScratch } from './scratch.mjs';

const RESULTS = join(ROOT, 'test/bench/RESULTS-scan.md');
const SANDBOXES = Number(process.argv[2] ?? 500);
const RUNS = 16;
/** Of a few milliseconds each. */
const RESCANS = 40;
/** The goal: of lsns's CPU. */
const MOST = 0.5;

/** The scan itself, for what the program does not offer: another proc tree, and a memory. */
async function loadScan() {
  const outfile = join(scratch, 'scan.cjs');
  const contents = `export { scan } from './helper/scan/scan'; export { prepareToLast } from './helper/scan/lasting'; export { WatchMemory } from './helper/scan/memory'; export { makeProc } from './test/fixtures/proc/tree';`;
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
async function measureRescan({ scan, WatchMemory, prepareToLast }) {
  prepareToLast();
  const full = [];
  const again = [];
  let now = 0;
  const memory = new WatchMemory(() => now);
  scan({ memory });
  for (let run = 0; run < RESCANS; run++) {
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

function report({ times, scan, ratios }, rescan, growth, processes) {
  const lines = [
    '# Scanning: CPU time',
    '',
    `Written by \`npm run bench:scan\`: ${SANDBOXES} sandboxes, ${processes} processes in a pid namespace of their own; CPU is user and system time, the median of ${RUNS} rounds of all in turn, and of ${RESCANS} rescans.`,
    '',
    `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}; Linux ${release()}; Node ${process.version}; ${versionOfLsns()}`,
    '',
    '| | CPU ms |',
    '| --- | ---: |',
    ...times.map(
      ([name, value]) => `| ${name === 'node' ? 'bare `node -e 0`' : `\`${name}\``} | ${value.toFixed(0)} |`,
    ),
    `| \`scan\` less bare Node | ${scan.toFixed(0)} |`,
    '',
    ...ratios.map(
      ([name, ratio]) => `- less bare Node, scan takes ${ratio.toFixed(2)} of \`${name}\` (goal: at most ${MOST})`,
    ),
    `- a rescan after one change: ${rescan.again.toFixed(1)} ms, ${((100 * rescan.again) / rescan.full).toFixed(1)} % of a full one (${rescan.full.toFixed(0)} ms) in the same process (goal: at most 10 %)`,
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
  const programs = measureCases(RUNS);
  const modules = await loadScan();
  const rescan = await measureRescan(modules);
  const text = report(programs, rescan, measureGrowth(modules), processes);
  console.log(text);
  await save(RESULTS, text);
}

if (process.pid !== 1) process.exit(runApart(process.argv.slice(1), 'inherit').status ?? 1);
const scratch = makeScratch();
await main();
// The first process of the namespace takes all that it made along.
process.exit();
