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

/** Shorter turns are only added up: to remember tens of thousands would be garbage of our own, collected in what is measured. */
const WORTH_REMEMBERING_MS = 0.05;

/** Between two immediates lies one turn of the event loop, whatever is in it. */
export async function turnsUntil(end: Promise<unknown>, cpuMs: () => number): Promise<Turns> {
  const collections: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const { turns, totalMs } = await countTurns(end, cpuMs);
  // Node tells of a collection in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  const ours = turns.map((turn) => ({
    turn,
    cpuMs: turn.cpuMs - Math.min(turn.cpuMs, collectedIn(turn, collections)),
  }));
  const collectedMs = ours.reduce((sum, { turn, cpuMs }) => sum + turn.cpuMs - cpuMs, 0);
  return {
    longestMs: longestOf(turns),
    totalMs,
    withoutGarbage: { longestMs: longestOf(ours), totalMs: totalMs - collectedMs },
  };
}

function countTurns(
  end: Promise<unknown>,
  cpuMs: () => number,
): Promise<{ readonly turns: readonly Turn[]; readonly totalMs: number }> {
  return new Promise((resolve, reject) => {
    const turns: Turn[] = [];
    let [totalMs, ended] = [0, false];
    end.then(() => (ended = true), reject);
    let [start, cpuBefore] = [performance.now(), cpuMs()];
    const next = (): void => {
      const [now, cpuNow] = [performance.now(), cpuMs()];
      const took = cpuNow - cpuBefore;
      totalMs += took;
      if (took >= WORTH_REMEMBERING_MS) turns.push({ start, end: now, cpuMs: took });
      [start, cpuBefore] = [now, cpuNow];
      if (ended) resolve({ turns, totalMs });
      else setImmediate(next);
    };
    setImmediate(next);
  });
}

function collectedIn({ start, end }: Turn, collections: readonly PerformanceEntry[]): number {
  return collections
    .filter(({ startTime }) => startTime >= start && startTime < end)
    .reduce((sum, { duration }) => sum + duration, 0);
}

const longestOf = (turns: readonly { readonly cpuMs: number }[]): number =>
  Math.max(0, ...turns.map(({ cpuMs }) => cpuMs));
