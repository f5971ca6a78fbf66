// What a scan costs: CPU of `ns-helper scan --json` less the bare start of Node, beside `lsns --json` with as many columns,
// on the same sandboxes in one run, at several sizes; how that grows; and what a rescan after one change costs. Prints
// Markdown and keeps it in RESULTS-scan.md. All of it runs in a pid namespace of its own, so that what else starts and ends
// on the machine is no change; nothing in there outlives it. Needs root. Usage: node test/bench/scan.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTools } from '../../scripts/lib/apt.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { isRoot } from '../../scripts/lib/run.mjs';
import { median } from './figures.mjs';
import { HYPERFINE } from './inTurn.mjs';
import { loadTypeScript } from './load.mjs';
import { machine } from './machine.mjs';
import { save } from './save.mjs';
import { copyHelper, makeSandboxes, measureCases, runApart, SCANS } from './scanCases.mjs';

const PROGRAM = fileURLToPath(import.meta.url);
const RESULTS = join(ROOT, 'test/bench/RESULTS-scan.md');
/** None: what a scan costs before it has found anything. In ascending order: the sandboxes stay. */
const SIZES = [
  { sandboxes: 0, rounds: 16 },
  { sandboxes: 50, rounds: 16 },
  { sandboxes: 500, rounds: 16 },
  { sandboxes: 2_000, rounds: 6 },
];
/** Where the goals are set, and rescans measured. */
const GOAL_SIZE = 500;
/** Of a few milliseconds each. */
const RESCANS = 40;
/** The goal: of lsns's CPU. */
const MOST = 0.5;

/** The scan itself, for what the program does not offer: another proc tree, and a memory. */
function loadScan() {
  return loadTypeScript(
    'scan',
    `export { scan } from './helper/scan/scan';
     export { prepareToLast } from './helper/scan/lasting';
     export { WatchMemory } from './helper/scan/memory';
     export { makeProc } from './test/fixtures/proc/tree';`,
    ['./koffi.node'],
  );
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

/** In the pid namespace. */
async function measureHere() {
  const sizes = [];
  let rescan, growth;
  const modules = loadScan();
  for (const { sandboxes, rounds } of SIZES) {
    await makeSandboxes(sandboxes);
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
    sizes.push({ sandboxes, rounds, processes, ...(await measureCases(rounds)) });
    if (sandboxes === GOAL_SIZE) {
      rescan = await measureRescan(modules);
      growth = measureGrowth(modules);
    }
  }
  return { sizes, rescan, growth };
}

const nameOf = (name) =>
  name === 'node' ? 'bare `node -e 0`' : (SCANS.find((scan) => scan.name === name)?.title ?? `\`${name}\``);

/** Beside lsns's, what each sandbox adds between two sizes in microseconds. */
function perSandbox([from, to]) {
  const cpu = ({ times, less }, name) => (name === 'scan' ? less[0] : times.find(([each]) => each === name)[1]);
  const each = (name) => (1000 * (cpu(to, name) - cpu(from, name))) / (to.sandboxes - from.sandboxes);
  return { scan: each('scan'), lsns: each(LSNS) };
}

/** What tells the most like scan. */
const LSNS = 'lsns, all that scan tells';

function report({ sizes, rescan, growth }, versions) {
  const names = sizes[0].times.map(([name]) => name);
  const cells = (values) => `| ${values.join(' | ')} |`;
  const row = (name, pick) => cells([name, ...sizes.map(pick)]);
  const goal = sizes.find(({ sandboxes }) => sandboxes === GOAL_SIZE);
  const [empty] = sizes;
  const each = perSandbox([empty, goal]);
  const ratio = (size, name, at) => size.ratios.find((each) => each.name === name).values[at].toFixed(2);
  return [
    '# Scanning: CPU time',
    `Written by \`npm run bench:scan\`: sandboxes of three processes each, in a pid namespace of their own; CPU is user and system time. A scan starts as it does once a terminal was opened, with the code that V8 made of it then (helper/compiled.ts), and for the first time without. All are the median of ${sizes.map(({ rounds }) => rounds).join(', ')} rounds of all in turn, and of ${RESCANS} rescans.`,
    versions,
    [
      cells(['CPU ms', ...sizes.map(({ sandboxes }) => `${sandboxes} sandboxes`)]),
      cells(['---', ...sizes.map(() => '---:')]),
      row('processes', ({ processes }) => processes),
      ...names.map((name, at) => row(nameOf(name), ({ times }) => times[at][1].toFixed(1))),
      ...SCANS.flatMap(({ title }, at) => [
        row(`${title}, less bare Node`, ({ less }) => less[at].toFixed(1)),
        ...goal.ratios.map(({ name }) => row(`that, of \`${name}\``, (size) => ratio(size, name, at))),
      ]),
    ].join('\n'),
    [
      ...goal.ratios.flatMap(({ name, values }) =>
        SCANS.map(
          ({ title }, at) =>
            `- less bare Node, ${title} takes ${values[at].toFixed(3)} of \`${name}\` at ${GOAL_SIZE} sandboxes (${values[at] <= MOST ? 'at most' : 'MORE THAN'} ${MOST})`,
        ),
      ),
      `- before anything is found, scan takes ${empty.less[0].toFixed(1)} ms over a bare Node, ${empty.less[1].toFixed(1)} for the first time: loading it, and its first run; each sandbox more takes ${each.scan.toFixed(0)} µs, and ${each.lsns.toFixed(0)} µs of \`${LSNS}\``,
      `- a rescan after one change: ${rescan.again.toFixed(1)} ms, ${((100 * rescan.again) / rescan.full).toFixed(1)} % of a full one (${rescan.full.toFixed(0)} ms) in the same process (goal: at most 10 %)`,
      ...growth.map(
        ({ count, cpu }) =>
          `- ${count} processes in a tree of files: ${cpu.toFixed(0)} ms, ${((1000 * cpu) / count).toFixed(0)} µs each`,
      ),
    ].join('\n'),
  ].join('\n\n');
}

/** As bench.mjs wants them. */
function rowsOf({ sizes, rescan, growth }) {
  const ofSizes = sizes.flatMap(({ sandboxes, times, less, ratios }) => {
    const { values } = ratios.find(({ name }) => name === LSNS);
    const rows = times.map(([name, value]) => ({ name: `${nameOf(name)}, ${sandboxes} sandboxes`, value }));
    const compared = SCANS.map(({ title }, at) => ({
      name: `${title}, less bare Node, ${sandboxes} sandboxes`,
      value: less[at],
      ratio: { to: `\`${LSNS}\``, value: values[at] },
    }));
    return [...rows, ...compared];
  });
  const each = perSandbox([sizes[0], sizes.find(({ sandboxes }) => sandboxes === GOAL_SIZE)]);
  return [
    ...ofSizes,
    {
      name: `each sandbox more, up to ${GOAL_SIZE}: \`scan\``,
      value: each.scan,
      unit: 'µs',
      ratio: { to: `\`${LSNS}\``, value: each.scan / each.lsns },
    },
    { name: `each sandbox more, up to ${GOAL_SIZE}: \`${LSNS}\``, value: each.lsns, unit: 'µs' },
    { name: `a full scan in a process that has scanned before, ${GOAL_SIZE} sandboxes`, value: rescan.full },
    {
      name: 'a rescan in it after one change',
      value: rescan.again,
      ratio: { to: 'the full scan', value: rescan.again / rescan.full },
    },
    ...growth.map(({ count, cpu }) => ({
      name: `each of ${count} processes in a tree of files`,
      value: (1000 * cpu) / count,
      unit: 'µs',
    })),
  ];
}

/** Keeps the page, and resolves with it and with the figures as rows: see bench.mjs. */
export async function benchScanning() {
  if (!isRoot) throw new Error('bench:scan needs root');
  await ensureTools([HYPERFINE]);
  mkdirSync(join(ROOT, 'out/bench'), { recursive: true });
  copyFileSync(join(ROOT, 'dist/koffi.node'), join(ROOT, 'out/bench/koffi.node'));
  await copyHelper();
  const { status, stdout } = runApart([PROGRAM], 'pipe');
  if (status !== 0) throw new Error(`measuring scans ended with ${status}`);
  const figures = JSON.parse(stdout);
  const text = report(figures, await machine('lsns', 'hyperfine'));
  await save(RESULTS, text);
  return { text, rows: rowsOf(figures) };
}

if (process.pid === 1) {
  console.log(JSON.stringify(await measureHere()));
  // The first process of the namespace takes all that it made along.
  process.exit();
}
if (process.argv[1] === PROGRAM) console.log((await benchScanning()).text);
