// How long one scan may read what any user can make as long as they like: a table of mounts, in a mount namespace of their
// own, and a folder of descriptors. What was cut off is told as unreadable. By the clock, which costs less to ask than the
// processor's time: there is room for a busy machine.

/** For one process: mounts by the ten thousand, or as many descriptors. */
const PER_PROCESS_MS = 250;
/** For all of a scan. What is not reached is asked about by the next one. */
const PER_SCAN_MS = 1_000;

/** There is no time left for any more. */
export class SpentError extends Error {
  override readonly name = 'SpentError';
}

export class Budget {
  #leftMs = PER_SCAN_MS;

  /** Where nobody else uses it, performance.now() has to be loaded first: almost a millisecond. */
  constructor(private readonly now: () => number = () => 1_000 * process.uptime()) {}

  /** `isSpent` tells `read` when to stop. Throws a SpentError, and reads nothing, where the scan's time is spent. */
  spend<T>(read: (isSpent: () => boolean) => T): T {
    if (this.#leftMs <= 0) throw new SpentError();
    const began = this.now();
    const end = began + Math.min(PER_PROCESS_MS, this.#leftMs);
    try {
      return read(() => this.now() > end);
    } finally {
      this.#leftMs -= this.now() - began;
    }
  }
}

/** Something of which the rest may have been cut off. */
export interface Part<T> {
  readonly found: T[];
  /** The kernel's word for why; null where it is all. */
  readonly cut: 'EFBIG' | 'EMFILE' | 'ETIMEDOUT' | null;
}
