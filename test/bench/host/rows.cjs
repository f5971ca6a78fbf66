// In the extension's place: loads and activates it, and says of the turns of the event loop in which it starts the scan, and of
// those in which VS Code asks for hundreds of rows at once, what they took: with all that VS Code does with the rows then.
const { appendFileSync } = require('node:fs');
const childProcess = require('node:child_process');
const { join } = require('node:path');
const { PerformanceObserver, performance } = require('node:perf_hooks');

const { NAMESPACES_BENCH_CPU: cpuClock, NAMESPACES_BENCH_RESULTS: results } = process.env;
const { cpuMs } = require(cpuClock);

const MANY_ROWS = 100;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

const turns = [];
let turn;
const begin = () => {
  turn = { scans: false, rows: 0, askedMs: 0, start: performance.now(), cpu: cpuMs() };
  setImmediate(() => {
    const { start, cpu, ...what } = turn;
    if (turn.scans || turn.rows >= MANY_ROWS)
      turns.push({ ...what, start, wallMs: performance.now() - start, cpuMs: cpuMs() - cpu });
    begin();
  });
};

function watchStarts() {
  const { spawn } = childProcess;
  childProcess.spawn = (command, args, ...others) => {
    if (Array.isArray(args) && args.some((argument) => argument.endsWith('/helper.js'))) turn.scans = true;
    return spawn(command, args, ...others);
  };
}

function watchRows(provider) {
  const getTreeItem = provider.getTreeItem.bind(provider);
  provider.getTreeItem = (node) => {
    const since = performance.now();
    const item = getTreeItem(node);
    turn.rows++;
    turn.askedMs += performance.now() - since;
    return item;
  };
}

const collectedIn = ({ start, wallMs }) =>
  collections
    .filter(({ startTime }) => startTime >= start && startTime < start + wallMs)
    .reduce((sum, { duration }) => sum + duration, 0);

let extension;
exports.activate = async (context) => {
  extension = require(join(__dirname, 'dist/extension.js'));
  watchStarts();
  const api = await extension.activate(context).parts();
  for (const provider of [api.provider, api.namespacesProvider]) watchRows(provider);
  begin();
  return {
    inventory: api.inventory,
    openNetworks: () => api.namespacesProvider.reveal('type/net'),
    /** How often hundreds of rows were asked for. */
    timesAsked: () => turns.filter(({ rows }) => rows >= MANY_ROWS).length,
    keep: () =>
      appendFileSync(
        results,
        `${JSON.stringify(turns.map((each) => ({ ...each, collectedMs: collectedIn(each) })))}\n`,
      ),
  };
};
exports.deactivate = () => extension?.deactivate();
