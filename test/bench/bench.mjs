// All benchmarks, one after the other, in one run: a table in RESULTS.md and the same in results.json. What each measures
// stands in its own file. Needs root. Usage: node test/bench/bench.mjs [GROUP…]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { build } from 'esbuild';
import { ensureTools } from '../../scripts/lib/apt.mjs';
import { ensureCodeServer } from '../../scripts/lib/installCodeServer.mjs';
import { ROOT, TOOL_NODE, VSIX } from '../../scripts/lib/paths.mjs';
import { platformTarget } from '../../scripts/lib/platforms.mjs';
import { isRoot, output, run } from '../../scripts/lib/run.mjs';
import { UI_TOOLS } from '../../scripts/lib/suites.mjs';
import { DEFAULT_RUNS, machine, measureEntering } from './enter.mjs';
import { measureBuild, measureSupervisor } from './realBuild.mjs';
import { save } from './save.mjs';
import { measureScanning } from './scanning.mjs';

const RESULTS = join(ROOT, 'test/bench/RESULTS.md');
const JSON_RESULTS = join(ROOT, 'test/bench/results.json');
const HOST_BENCH = join(ROOT, 'test/bench/host.mjs');

/**
 * Each resolves with rows: { name, value, unit?, ratio?: { to, value } }. A note is for whoever reads the table.
 *
 * @type {{ name: string, title: string, unit: string, measure: () => unknown, note?: string }[]}
 */
const GROUPS = [
  { name: 'entering', title: 'Entering: from start to the end of `true`', unit: 'ms', measure: entering },
  {
    name: 'scanning',
    title: 'Scanning: CPU of the whole process',
    unit: 'ms',
    measure: measureScanning,
    note: "With nothing to find, a scan costs what its program does: Node's start, and loading the scanner. `lsns` has no such floor, and takes less while there is little to find; what each sandbox adds is the difference between two sizes.",
  },
  { name: 'editor', title: 'In a real editor', unit: '', measure: inEditor },
  { name: 'activation', title: 'Activation, and the longest turn of the event loop', unit: '', measure: activation },
  { name: 'supervisor', title: 'Memory of what stays', unit: 'MB', measure: measureSupervisor },
  { name: 'build', title: 'A real build inside: three runs each, in turn', unit: 's', measure: measureBuild },
];

async function entering() {
  const { cases, figures, skipped } = await measureEntering(DEFAULT_RUNS);
  for (const reason of skipped) console.log(`left out: ${reason}`);
  const docker = figures[cases.findIndex(({ name }) => name === 'docker exec')];
  return figures.flatMap(({ median, cpu }, at) => [
    {
      name: cases[at].name,
      value: median,
      ...(docker ? { ratio: { to: 'docker exec', value: median / docker.median } } : {}),
    },
    { name: `${cases[at].name}: CPU`, value: cpu },
  ]);
}

/** It is TypeScript, with the tests' own helpers: bundled for this run, where it finds what is installed. */
async function inEditor() {
  await ensureCodeServer();
  const outfile = join(ROOT, 'out/bench/inEditor.cjs');
  await build({
    entryPoints: [join(ROOT, 'test/bench/inEditor.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    external: ['playwright-core'],
    logLevel: 'warning',
  });
  const { measureInEditor } = createRequire(import.meta.url)(outfile);
  return measureInEditor(VSIX, join(ROOT, 'out/artifacts/bench'));
}

/** bench:host keeps a page of its own; the figures of its tables are taken as they stand there. */
async function activation() {
  const { status, stdout } = spawnSync(TOOL_NODE, [HOST_BENCH], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench:host ended with ${status}`);
  return tablesIn(stdout).flatMap(([[, ...headings], ...lines]) =>
    lines.flatMap(([name, ...cells]) =>
      cells.flatMap((cell, at) =>
        cell.endsWith(' ms') ? [{ name: `${name}: ${headings[at]}`, value: Number.parseFloat(cell), unit: 'ms' }] : [],
      ),
    ),
  );
}

/** Each as a list of lines, the headings first, each as a list of cells. */
function tablesIn(markdown) {
  const tables = markdown.match(/(?:^\|.*\n)+/gm) ?? [];
  return tables.map((table) => {
    const lines = table.trimEnd().replaceAll('**', '').split('\n');
    const cells = lines.map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
    return cells.filter(([first]) => !/^:?-+:?$/.test(first));
  });
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
    const rows = await group.measure();
    groups[group.name] = { date: new Date().toISOString().slice(0, 16), load: Math.round(loadavg()[0]), rows };
    console.log(`${table(group, rows)}\n(${Math.round((performance.now() - began) / 1000)} s)`);
  }
  await keep(groups);
}

async function keep(groups) {
  const versions = `${await machine()}; ${(await output('lsns', ['--version'])).trim()}`;
  const text = [
    '# Benchmarks',
    `Written by \`npm run bench\`; \`npm run bench -- GROUP\` measures one group anew. The figures of a group are of one run and compare within it: whatever else the machine did meets all of it. \`load\` is how many processes wanted a processor when the group ended.`,
    versions,
    ...GROUPS.filter(({ name }) => groups[name]).flatMap((group) => [
      `## ${group.title}`,
      `\`${group.name}\`, ${groups[group.name].date}, load ${groups[group.name].load ?? 'not kept'}`,
      table(group, groups[group.name].rows),
      ...(group.note ? [group.note] : []),
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
