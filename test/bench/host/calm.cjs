// Waits until a machine has little to do.
const { cpus } = require('node:os');
const { setTimeout: sleep } = require('node:timers/promises');

const idleMs = () => cpus().reduce((sum, { times }) => sum + times.idle, 0);

/** Until the processors have had little to do for a second: while an editor starts, wall time is what everything else takes. */
exports.calm = async function calm() {
  for (let tries = 0; tries < 30; tries++) {
    const before = idleMs();
    await sleep(1_000);
    if (idleMs() - before > 800 * cpus().length) return;
  }
};
