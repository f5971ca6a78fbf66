// Work that many ask for: done once for all who ask before it begins. Pure.

/**
 * The same work, one after the other. Whoever asks gets one that begins after the call: what is under way by then may have
 * passed over what made them ask. Rejects as the work does, for those alone who shared it.
 */
export function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () =>
    (next ??= underWay.then(() => {
      next = null;
      const begun = work();
      underWay = begun.catch(() => undefined);
      return begun;
    }));
}
