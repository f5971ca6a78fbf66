// Long work in slices: everything here shares one event loop with the editor's other extensions, which must not wait for it.
import { setImmediate } from 'node:timers/promises';

/** Work that may pause at each `yield`, and ends with its result. */
export type Work<T> = Generator<undefined, T>;

/** Two of these, one for each view, and what follows the last are well below the 5 ms that nothing may take at a time. */
const SLICE_MS = 1;

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
    await setImmediate();
    const end = performance.now() + SLICE_MS;
    do {
      const { done, value } = work.next();
      if (done === true) return value;
    } while (performance.now() < end);
  }
}
