// How long work keeps the event loop at a time.

/** What a turn of the event loop took, of the processor: what others took meanwhile is not counted. */
export interface Turns {
  readonly longestMs: number;
  readonly totalMs: number;
}

/** Between two immediates lies one turn of the event loop, whatever is in it. */
export async function turnsUntil(end: Promise<unknown>, cpuMs: () => number): Promise<Turns> {
  let [longestMs, totalMs] = [0, 0];
  const state = { ended: false };
  void end.then(() => (state.ended = true));
  for (let before = cpuMs(); !state.ended;) {
    await new Promise(setImmediate);
    const now = cpuMs();
    longestMs = Math.max(longestMs, now - before);
    totalMs += now - before;
    before = now;
  }
  return { longestMs, totalMs };
}
