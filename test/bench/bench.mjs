// All benchmarks, one after the other, in one run: a table in RESULTS.md and the same in results.json. What each measures
// stands in its own file. Needs root. Usage: node test/bench/bench.mjs [GROUP…]
import { existsSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ensureTools } from '../../scripts/lib/apt.mjs';
import { ensureCodeServer } from '../../scripts/lib/installCodeServer.mjs';
import { ROOT, VSIX } from '../../scripts/lib/paths.mjs';
import { platformTarget } from '../../scripts/lib/platforms.mjs';
import { isRoot, run } from '../../scripts/lib/run.mjs';
import { UI_TOOLS } from '../../scripts/lib/suites.mjs';
import { benchEntering, PEERS } from './enter.mjs';
import { benchHost } from './host.mjs';
import { loadTypeScript } from './load.mjs';
import { machine } from './machine.mjs';
import { measureBuild, measureSupervisor } from './realBuild.mjs';
import { save } from './save.mjs';
import { benchScanning } from './scan.mjs';

const RESULTS = join(ROOT, 'test/bench/RESULTS.md');
const JSON_RESULTS = join(ROOT, 'test/bench/results.json');

/**
 * Each resolves with rows: { name, value, unit?, ratio?: { to, value } }. A note is for whoever reads the table.
 *
 * @typedef {{ name: string, value: number, unit?: string, ratio?: { to: string, value: number } }} Row
 * @type {{ name: string, title: string, unit: string, measure: () => Promise<{ rows: Row[], notes?: string[] }>, note?: string }[]}
 */
const GROUPS = [
  {
    name: 'entering',
    title: 'Entering: from start to the end of `true`',
    unit: 'ms',
    measure: () => benchEntering(),
    note: 'Behind nsenter, ip and lxc-attach lies the start of Node, which is the first row; what the helper adds to it is the CPU over a bare Node.',
  },
  {
    name: 'scanning',
    title: 'Scanning: CPU of the whole process',
    unit: 'ms',
    measure: benchScanning,
    note: "With nothing to find, a scan costs what its program does: Node's start, and loading the scanner, which is the row with 0 sandboxes. `lsns` has no such floor, and so takes less while there is little to find; what each sandbox more takes stands below.",
  },
  { name: 'editor', title: 'In a real editor', unit: 'ms', measure: inEditor },
  { name: 'activation', title: 'Activation, and the longest turn of the event loop', unit: 'ms', measure: benchHost },
  { name: 'supervisor', title: 'Memory of what stays', unit: 'MB', measure: measureSupervisor },
  { name: 'build', title: 'A real build inside: three runs each, in turn', unit: 's', measure: measureBuild },
];

async function inEditor() {
  await ensureCodeServer();
  const { measureInEditor } = loadTypeScript('inEditor', `export * from './test/bench/inEditor';`, [
    'playwright-core',
    'koffi',
  ]);
  return { rows: await measureInEditor(VSIX, join(ROOT, 'out/artifacts/bench')) };
}

function table({ unit: common }, rows) {
  const lines = rows.map(({ name, value, unit = common, ratio }) => {
    const compared = ratio ? `${ratio.value.toFixed(2)} of ${ratio.to}` : '';
    return `| ${name} | ${value.toFixed(value < 10 ? 2 : 1)} ${unit} | ${compared} |`;
  });
  return ['| | median | ratio |', '| --- | ---: | --- |', ...lines].join('\n');
}

async function main(names) {
  if (!isRoot) throw new Error('npm run bench needs root: it makes users, engines and sandboxes of its own');
  const unknown = names.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0)
    throw new Error(`no such group: ${unknown.join(', ')}. There are: ${GROUPS.map(({ name }) => name).join(', ')}`);
  await ensureTools(UI_TOOLS);
  // In this order: packing bundles dist/ once more.
  await run(process.execPath, ['scripts/build.mjs', '--tests'], { cwd: ROOT });
  await run(process.execPath, ['scripts/package.mjs', platformTarget()], { cwd: ROOT });
  const previous = existsSync(JSON_RESULTS) ? JSON.parse(readFileSync(JSON_RESULTS, 'utf8')).groups : {};
  const groups = names.length > 0 ? previous : {};
  for (const group of GROUPS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`── ${group.title}`);
    const began = performance.now();
    try {
      const { rows, notes = [] } = await group.measure();
      const date = new Date().toISOString().slice(0, 16);
      groups[group.name] = { date, load: Math.round(loadavg()[0]), rows, notes: [group.note ?? [], notes].flat() };
      console.log(`${table(group, rows)}\n(${Math.round((performance.now() - began) / 1000)} s)`);
      await keep(groups);
    } catch (error) {
      // The others are worth having.
      console.error(`${group.name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}

async function keep(groups) {
  const versions = await machine(...PEERS, 'lsns');
  const text = [
    '# Benchmarks',
    `Written by \`npm run bench\`; \`npm run bench -- GROUP\` measures one group anew. The same stands in [results.json](results.json); [entering](RESULTS-enter.md), [scanning](RESULTS-scan.md) and [activation](RESULTS-host.md) have pages with more of it, of the same run. The figures of a group are of one run and compare within it: whatever else the machine did meets all of it. \`load\` is how many processes wanted a processor when the group ended.`,
    versions,
    ...GROUPS.filter(({ name }) => groups[name]).flatMap((group) => [
      `## ${group.title}`,
      `\`${group.name}\`, ${groups[group.name].date}, load ${groups[group.name].load ?? 'not kept'}`,
      table(group, groups[group.name].rows),
      ...(groups[group.name].notes ?? []),
    ]),
  ].join('\n\n');
  const json = JSON.stringify({ machine: versions, groups }, null, 2);
  await save(RESULTS, text);
  await save(JSON_RESULTS, json);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
