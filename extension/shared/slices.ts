// Long work in slices: everything here shares one event loop with the editor's other extensions, which must not wait for it.
import { setImmediate } from 'node:timers/promises';

/** Work that may pause at each `yield`, and ends with its result. */
export type Work<T> = Generator<undefined, T>;

/** Short, since garbage may be collected in each, which takes some milliseconds: together well below 5 ms. */
const SLICE_MS = 0.5;
/** Most take a microsecond, and so does a look at the clock, which is garbage too. */
const STEPS_BETWEEN_LOOKS = 4;

/** The last turn that somebody has asked for. There is one event loop, whoever works on it. */
let lastTurn: Promise<unknown> = Promise.resolve();

/** Resolves in a turn of the event loop that nobody else who asks here gets. */
export function ownTurn(): Promise<void> {
  const turn = lastTurn.then(() => setImmediate());
  lastTurn = turn;
  return turn;
}

/** Short work, done in one step. */
export function* oneStep<T>(make: () => T): Work<T> {
  yield;
  return make();
}

/** For work that is known to be short. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Whatever else waits gets its turn between two slices. */
export async function inSlices<T>(work: Work<T>): Promise<T> {
  for (;;) {
    await ownTurn();
    const end = performance.now() + SLICE_MS;
    for (let step = 1; step % STEPS_BETWEEN_LOOKS !== 0 || performance.now() < end; step++) {
      const { done, value } = work.next();
      if (done === true) return value;
    }
  }
}
