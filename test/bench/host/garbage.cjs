// In the extension's place: an extension that shows nothing. It makes objects and keeps each for a second, as others keep what they
// show: what V8 takes to collect them is the price of VS Code's own heap.
const { appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { takeTurns, watchTurns, withCollected } = require('./hostTurns.cjs');

/** Half a millisecond's work, some 100 kB. */
const OBJECTS_AT_A_TIME = 500;
const TURNS = 1_000;
const PAUSE_MS = 20;
/** Of turns: some 5 MB. */
const KEPT = 50;

async function makeGarbage() {
  const kept = [];
  for (let turn = 0; turn < TURNS; turn++) {
    kept.push(Array.from({ length: OBJECTS_AT_A_TIME }, (_, at) => ({ at, name: `object ${turn} ${at}`, list: [at] })));
    if (kept.length > KEPT) kept.shift();
    await sleep(PAUSE_MS);
  }
}

exports.activate = () => ({
  measure: async () => {
    watchTurns();
    await makeGarbage();
    await sleep(100);
    appendFileSync(process.env.NAMESPACES_BENCH_RESULTS, `${JSON.stringify(takeTurns().map(withCollected))}\n`);
  },
});
