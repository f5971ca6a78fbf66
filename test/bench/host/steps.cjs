// Says of each step of rowsSuite.cjs what the turns of the event loop took in it, with all that is in them: what VS Code does with
// hundreds of rows too.
const { appendFileSync } = require('node:fs');
const { ChildProcess } = require('node:child_process');
const Module = require('node:module');
const timers = require('node:timers/promises');
const { takeTurns, turn, turnNow, watchTurns, withCollected } = require('./hostTurns.cjs');

const MANY_ROWS = 100;

/** VS Code itself looks for listening ports, and for files, by programs. */
function watchStarts() {
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (options) {
    const isOurs = options.args?.some((argument) => argument.endsWith('/discovery.js'));
    turn[isOurs ? 'scans' : 'others'] = true;
    const result = spawn.call(this, options);
    // What it prints is read in such a turn.
    if (isOurs) this.stdout.on('data', markOurs);
    return result;
  };
}

const markOurs = () => {
  turn.ours = true;
};

/** Each slice of work begins with such a turn (shared/slices.ts). To be called before the extension is loaded. */
exports.watchSlices = () => {
  const { setImmediate: original } = timers;
  timers.setImmediate = (...args) => {
    const turn = original(...args);
    void turn.then(markOurs);
    return turn;
  };
};

/** VS Code asks for tasks when it likes. */
function watchLoading() {
  const load = Module._load;
  Module._load = (request, ...others) => {
    if (request === './tasks.js') turn.loads = true;
    return load(request, ...others);
  };
}

/** `tell`: how many rows of one turn VS Code has been told, where they are many. */
function watchRows(provider, tell) {
  const getChildren = provider.getChildren.bind(provider);
  provider.getChildren = (node) => {
    markOurs();
    return getChildren(node);
  };
  const answer = provider.answer.bind(provider);
  let [rows, turnOfRows] = [0, 0];
  provider.answer = (node) => {
    const item = answer(node);
    if (turnOfRows !== turnNow()) rows = 0;
    turnOfRows = turnNow();
    markOurs();
    turn.asked++;
    rows++;
    if (item instanceof Promise && rows >= MANY_ROWS) {
      const all = rows;
      void item.then(() => tell(all));
    }
    return item;
  };
}

/** From now on. `providers` answer() what VS Code asks of each row, of the last one of many with a promise. */
exports.measureSteps = (providers) => {
  const steps = [];
  let timesTold = 0;
  watchStarts();
  watchLoading();
  for (const provider of providers) {
    watchRows(provider, (rows) => {
      turn.told = rows;
      timesTold++;
    });
  }
  watchTurns();
  return {
    /** How often VS Code was told the last of hundreds of rows. */
    timesTold: () => timesTold,
    /** What was since the last one, or since the beginning, was this. */
    endStep: (name) => {
      steps.push({ name, turns: takeTurns() });
    },
    keep: () => {
      const all = steps.map(({ name, turns }) => ({ name, turns: turns.map(withCollected) }));
      appendFileSync(process.env.NAMESPACES_BENCH_RESULTS, `${JSON.stringify(all)}\n`);
    },
  };
};
