// How long work keeps the event loop at a time.
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';

/** What a turn of the event loop took, of the processor: what others took meanwhile is not counted. */
export interface Turns extends Longest {
  /** Less what V8 took of each turn to collect garbage, ours or not: when and how long is for its heap to say. */
  readonly withoutGarbage: Longest;
  /** How many there were. */
  readonly count: number;
  /** Each that took long by the clock, for whatever reason. */
  readonly long: readonly LongTurn[];
}

export interface Longest {
  readonly longestMs: number;
  readonly totalMs: number;
}

export interface LongTurn {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Of the wall time, for V8 to collect garbage. */
  readonly collectedMs: number;
}

/** `start` and `end` by performance.now(). */
interface Turn {
  readonly start: number;
  readonly end: number;
  readonly cpuMs: number;
}

/** In shorter ones there is only this: to remember tens of thousands would be garbage of our own, collected in what is measured. */
const WORTH_REMEMBERING_MS = 0.05;
const LONG_MS = 2;

/** Between two immediates lies one turn of the event loop, whatever is in it. */
export async function turnsUntil(end: Promise<unknown>, cpuMs: () => number): Promise<Turns> {
  const collections: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const { turns, totalMs, count } = await countTurns(end, cpuMs);
  // Node tells of a collection in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  const told = turns.map(({ start, end, cpuMs }) => {
    const collectedMs = collectedBetween(start, end, collections);
    return { wallMs: end - start, cpuMs, collectedMs, ownMs: Math.max(0, cpuMs - collectedMs) };
  });
  const collectedMs = told.reduce((sum, { cpuMs, ownMs }) => sum + cpuMs - ownMs, 0);
  return {
    longestMs: Math.max(0, ...told.map(({ cpuMs }) => cpuMs)),
    totalMs,
    withoutGarbage: { longestMs: Math.max(0, ...told.map(({ ownMs }) => ownMs)), totalMs: totalMs - collectedMs },
    count,
    long: told.filter(({ wallMs }) => wallMs >= LONG_MS),
  };
}

function countTurns(
  end: Promise<unknown>,
  cpuMs: () => number,
): Promise<{ readonly turns: readonly Turn[]; readonly totalMs: number; readonly count: number }> {
  return new Promise((resolve, reject) => {
    const turns: Turn[] = [];
    let [totalMs, count, ended] = [0, 0, false];
    end.then(() => (ended = true), reject);
    let [start, cpuBefore] = [performance.now(), cpuMs()];
    const next = (): void => {
      const [now, cpuNow] = [performance.now(), cpuMs()];
      const took = cpuNow - cpuBefore;
      count++;
      if (took >= WORTH_REMEMBERING_MS) totalMs += took;
      if (took >= WORTH_REMEMBERING_MS || now - start >= LONG_MS) turns.push({ start, end: now, cpuMs: took });
      [start, cpuBefore] = [now, cpuNow];
      if (ended) resolve({ turns, totalMs, count });
      else setImmediate(next);
    };
    setImmediate(next);
  });
}

const collectedBetween = (start: number, end: number, collections: readonly PerformanceEntry[]): number =>
  collections
    .filter(({ startTime }) => startTime >= start && startTime < end)
    .reduce((sum, { duration }) => sum + duration, 0);
