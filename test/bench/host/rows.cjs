// In the extension's place: loads and activates it, and says of each step of rowsSuite.cjs what the turns of the event loop took
// in it, with all that is in them: what VS Code does with hundreds of rows too.
const { appendFileSync } = require('node:fs');
const { ChildProcess } = require('node:child_process');
const { join } = require('node:path');
const { PerformanceObserver, performance } = require('node:perf_hooks');

const { nodeTiming } = performance;

const { NAMESPACES_BENCH_CPU: cpuClock, NAMESPACES_BENCH_RESULTS: results } = process.env;
const { cpuMs } = require(cpuClock);

const MANY_ROWS = 100;
/** To remember shorter ones would be garbage of our own, collected in what is measured. */
const WORTH_REMEMBERING_MS = 0.5;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

const steps = [];
let turns = [];
/**
 * A turn with more of the processor than this has something in it; for so long after it others may follow. With 20 ms nine tenths of
 * what V8 collected were of turns in which nothing goes on.
 */
const [BUSY_MS, CALM_MS] = [0.1, 0.5];

/** In this turn the scan was started; somebody else started a program; VS Code asked for rows; it was told the last of many. */
const turn = { scans: false, others: false, asked: 0, told: 0 };
let timesTold = 0;

/** When this turn began, what this thread had had of the processor, and how long the loop had waited. */
const began = new Float64Array(3);
const [WALL, CPU, IDLE] = [0, 1, 2];
let busyUntil = 0;
/** Used again and again: a new one a millisecond would be garbage. */
let calm = null;

function begin(wall, cpu, idle) {
  began[WALL] = wall;
  began[CPU] = cpu;
  began[IDLE] = idle;
  turn.scans = false;
  turn.others = false;
  turn.asked = 0;
  turn.told = 0;
}

/**
 * Between two immediates lies one turn of the event loop, whatever is in it. They are garbage of our own, which would be collected
 * in what is measured: where nothing goes on, a millisecond at a time is taken for one turn, less what the loop has waited. For the
 * same reason nothing else is made here: lists and closures were a third of all that there was to collect.
 */
function nextTurn() {
  const wall = performance.now();
  const cpu = cpuMs();
  const idle = nodeTiming.idleTime;
  const wallMs = wall - began[WALL] - (idle - began[IDLE]);
  const cpuMsOfTurn = cpu - began[CPU];
  if (wallMs > WORTH_REMEMBERING_MS) turns.push({ start: began[WALL], end: wall, wallMs, cpuMs: cpuMsOfTurn, ...turn });
  if (cpuMsOfTurn > BUSY_MS) busyUntil = wall + CALM_MS;
  begin(wall, cpu, idle);
  if (wall < busyUntil) setImmediate(nextTurn);
  else calm.refresh();
}

/** VS Code itself looks for listening ports, and for files, by programs. */
function watchStarts() {
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (options) {
    if (options.args?.some((argument) => argument.endsWith('/discovery.js'))) turn.scans = true;
    else turn.others = true;
    return spawn.call(this, options);
  };
}

function watchRows(provider) {
  const answer = provider.answer.bind(provider);
  let [rows, turnOfRows] = [0, 0];
  provider.answer = (node) => {
    const item = answer(node);
    if (turnOfRows !== began[WALL]) rows = 0;
    turnOfRows = began[WALL];
    turn.asked++;
    rows++;
    if (item instanceof Promise && rows >= MANY_ROWS) {
      const all = rows;
      void item.then(() => {
        turn.told = all;
        timesTold++;
      });
    }
    return item;
  };
}

const collectedIn = ({ start, end }) =>
  collections
    .filter(({ startTime }) => startTime >= start && startTime < end)
    .reduce((sum, { duration }) => sum + duration, 0);

let extension;
exports.activate = async (context) => {
  extension = require(join(__dirname, 'dist/extension.js'));
  watchStarts();
  const parts = await extension.activate(context).parts();
  for (const provider of [parts.provider, parts.namespacesProvider]) watchRows(provider);
  begin(performance.now(), cpuMs(), nodeTiming.idleTime);
  calm = setTimeout(nextTurn, 1);
  return {
    ...parts,
    folder: __dirname,
    /** How often VS Code was told the last of hundreds of rows. */
    timesTold: () => timesTold,
    /** What was since the last one, or since activation, was this. */
    endStep: (name) => {
      steps.push({ name, turns });
      turns = [];
    },
    keep: () => {
      const withCollected = (turn) => ({ ...turn, collectedMs: collectedIn(turn) });
      const all = steps.map(({ name, turns }) => ({ name, turns: turns.map(withCollected) }));
      appendFileSync(results, `${JSON.stringify(all)}\n`);
    },
  };
};
exports.deactivate = () => extension?.deactivate();
