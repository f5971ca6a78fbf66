// What the turns of the event loop of a real extension host take, with all that is in them.
const { PerformanceObserver, performance } = require('node:perf_hooks');

const { nodeTiming } = performance;
const { cpuMs } = require(process.env.NAMESPACES_BENCH_CPU);

/** To remember shorter ones would be garbage of our own, collected in what is measured. */
const WORTH_REMEMBERING_MS = 0.5;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

let turns = [];
/**
 * A turn with more of the processor than this has something in it; for so long after it others may follow. Turns in which nothing
 * goes on leave garbage too: with 20 ms that was nine tenths of all that V8 collected, with half a millisecond two thirds. Later
 * ones are taken for one, which only makes it longer.
 */
const [BUSY_MS, CALM_MS] = [0.1, 0.1];

/** In this turn the scan was started; somebody else started a program; VS Code asked for rows; it was told the last of many. */
const turn = { scans: false, others: false, asked: 0, told: 0 };

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

const collectedIn = ({ start, end }) =>
  collections
    .filter(({ startTime }) => startTime >= start && startTime < end)
    .reduce((sum, { duration }) => sum + duration, 0);

/** What is known of the turn that goes on. */
exports.turn = turn;

/** Another one for each turn. */
exports.turnNow = () => began[WALL];

/** From now on. */
exports.watchTurns = () => {
  begin(performance.now(), cpuMs(), nodeTiming.idleTime);
  calm = setTimeout(nextTurn, 1);
};

/** Those since the last time, in milliseconds. Node tells of a collection in a turn of its own: `withCollected` comes later. */
exports.takeTurns = () => {
  const taken = turns;
  turns = [];
  return taken;
};

exports.withCollected = (turn) => ({ ...turn, collectedMs: collectedIn(turn) });
