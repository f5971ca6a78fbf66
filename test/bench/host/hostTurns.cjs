// What the turns of the event loop of a real extension host take, with all that is in them. As little as possible is made here:
// V8 would collect it in what is measured.
const { dirname, join } = require('node:path');
const { PerformanceObserver, performance } = require('node:perf_hooks');

const { NAMESPACES_BENCH_CPU: cpuClock } = process.env;
const { cpuMs } = require(cpuClock);
const { atEachTurn } = require(join(dirname(cpuClock), 'eachTurn.cjs'));

const { nodeTiming } = performance;
/** To remember shorter ones would be garbage too. */
const WORTH_REMEMBERING_MS = 0.5;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

let turns = [];

/**
 * In this turn the extension did something; it started the scan; somebody else started a program; what has nothing to do with looking
 * was loaded; VS Code asked for rows; it was told the last of many.
 */
const turn = { ours: false, scans: false, others: false, loads: false, asked: 0, told: 0 };

/** When this turn began, what this thread had had of the processor, and how long the loop had waited. */
const began = new Float64Array(3);
const [WALL, CPU, IDLE] = [0, 1, 2];

function begin(wall, cpu, idle) {
  began[WALL] = wall;
  began[CPU] = cpu;
  began[IDLE] = idle;
  turn.ours = false;
  turn.scans = false;
  turn.others = false;
  turn.loads = false;
  turn.asked = 0;
  turn.told = 0;
}

function endTurn() {
  const wall = performance.now();
  const cpu = cpuMs();
  const idle = nodeTiming.idleTime;
  const wallMs = wall - began[WALL] - (idle - began[IDLE]);
  if (wallMs > WORTH_REMEMBERING_MS) {
    turns.push({ start: began[WALL], end: wall, wallMs, cpuMs: cpu - began[CPU], ...turn });
  }
  begin(wall, cpu, idle);
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
  atEachTurn(endTurn);
};

/** Those since the last time, in milliseconds. Node tells of a collection in a turn of its own: `withCollected` comes later. */
exports.takeTurns = () => {
  const taken = turns;
  turns = [];
  return taken;
};

exports.withCollected = (turn) => ({ ...turn, collectedMs: collectedIn(turn) });
