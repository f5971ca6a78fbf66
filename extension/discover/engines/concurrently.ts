// Runs a job for each item, a few at a time, results in the items' order. The first failure ends it.

export async function mapConcurrently<T, R>(
  items: readonly T[],
  atOnce: number,
  job: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    // All lanes take from the same iterator.
    for (const [at, item] of waiting) results[at] = await job(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
