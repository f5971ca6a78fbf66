// In the extension's place: loads and activates it, and says of each step of rowsSuite.cjs what the turns of the event loop took
// in it, with all that is in them: what VS Code does with hundreds of rows too.
const { appendFileSync } = require('node:fs');
const { ChildProcess } = require('node:child_process');
const { join } = require('node:path');
const { takeTurns, turn, turnNow, watchTurns, withCollected } = require('./hostTurns.cjs');

const MANY_ROWS = 100;

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
    if (turnOfRows !== turnNow()) rows = 0;
    turnOfRows = turnNow();
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

const steps = [];
let timesTold = 0;
let extension;
exports.activate = async (context) => {
  extension = require(join(__dirname, 'dist/extension.js'));
  watchStarts();
  const parts = await extension.activate(context).parts.view();
  for (const provider of [parts.provider, parts.namespacesProvider]) watchRows(provider);
  watchTurns();
  return {
    ...parts,
    folder: __dirname,
    /** How often VS Code was told the last of hundreds of rows. */
    timesTold: () => timesTold,
    /** What was since the last one, or since activation, was this. */
    endStep: (name) => {
      steps.push({ name, turns: takeTurns() });
    },
    keep: () => {
      const all = steps.map(({ name, turns }) => ({ name, turns: turns.map(withCollected) }));
      appendFileSync(process.env.NAMESPACES_BENCH_RESULTS, `${JSON.stringify(all)}\n`);
    },
  };
};
exports.deactivate = () => extension?.deactivate();
