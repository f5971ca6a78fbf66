// How long work keeps the event loop at a time.
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';

/** What a turn of the event loop took, of the processor: what others took meanwhile is not counted. */
export interface Turns extends Longest {
  /** Less what V8 took of each turn to collect garbage, ours or not: when and how long is for its heap to say. */
  readonly withoutGarbage: Longest;
}

export interface Longest {
  readonly longestMs: number;
  readonly totalMs: number;
}

/** `start` and `end` by performance.now(). */
interface Turn {
  readonly start: number;
  readonly end: number;
  readonly cpuMs: number;
}

/** Between two immediates lies one turn of the event loop, whatever is in it. */
export async function turnsUntil(end: Promise<unknown>, cpuMs: () => number): Promise<Turns> {
  const turns: Turn[] = [];
  const state = { ended: false };
  void end.then(() => (state.ended = true));
  const collections: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  let [start, cpuBefore] = [performance.now(), cpuMs()];
  while (!state.ended) {
    await new Promise(setImmediate);
    const [now, cpuNow] = [performance.now(), cpuMs()];
    turns.push({ start, end: now, cpuMs: cpuNow - cpuBefore });
    [start, cpuBefore] = [now, cpuNow];
  }
  // Node tells of a collection in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  const ours = turns.map((turn) => turn.cpuMs - Math.min(turn.cpuMs, collectedIn(turn, collections)));
  return { ...longestOf(turns.map((turn) => turn.cpuMs)), withoutGarbage: longestOf(ours) };
}

function collectedIn({ start, end }: Turn, collections: readonly PerformanceEntry[]): number {
  return collections
    .filter(({ startTime }) => startTime >= start && startTime < end)
    .reduce((sum, { duration }) => sum + duration, 0);
}

const longestOf = (turns: readonly number[]): Longest => ({
  longestMs: Math.max(0, ...turns),
  totalMs: turns.reduce((sum, each) => sum + each, 0),
});
