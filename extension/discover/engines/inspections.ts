// What an engine tells of each of its containers when it is asked about that one: remembered until the container changes. All
// that a listing asks about have one deadline. Who gives no answer is left alone for a while, so that one container on which
// the engine is stuck does not hold up every listing.
import { setMaxListeners } from 'node:events';
import { t } from '../../l10n';
import { mapConcurrently } from './concurrently';
import { TIMEOUT_MS } from './engine';
import { explain } from './failure';

const AT_ONCE = 8;
const REST_MS = 30_000;
/** Who had less time for an answer than this has not been stuck, but is asked by the next listing. */
const FAIR_MS = 1_000;

/** Here from before it is asked: one that is forgotten meanwhile was maybe answered before it changed. */
interface Known<T> {
  told: T | null;
  failure: string | null;
  restUntil: number;
}

export interface Inspected<T> {
  readonly told: ReadonlyMap<string, T>;
  /** Removed since they were listed. */
  readonly gone: ReadonlySet<string>;
  /** How many are neither, and why: a line, or none. */
  readonly notes: readonly string[];
  /** Whether there was time to ask about each. */
  readonly complete: boolean;
}

export class Inspections<T> {
  readonly #known = new Map<string, Known<T>>();

  /** Null where nothing is known. */
  get(id: string): T | null {
    return this.#known.get(id)?.told ?? null;
  }

  /** Whether one of these is neither known nor left alone. */
  hasToAsk(ids: readonly string[]): boolean {
    return ids.some((id) => !this.#isSettled(this.#known.get(id)));
  }

  /** A container has changed (or, without an id, any may have): it is asked about again, also one that gave no answer. */
  forget(id?: string): void {
    if (id === undefined) this.#known.clear();
    else this.#known.delete(id);
  }

  /**
   * What is known of these, and what `ask` tells of the others (null where it is not there) until `signal` says that it is too
   * late: TIMEOUT_MS after the call. All others are forgotten. Never rejects.
   */
  async inspect(
    ids: readonly string[],
    signal: AbortSignal,
    ask: (id: string) => Promise<T | null>,
  ): Promise<Inspected<T>> {
    this.#keep(new Set(ids));
    // Each question listens to it in several ways; Node takes more than ten for a leak, and says so in the log.
    setMaxListeners(AT_ONCE * 8, signal);
    const told = new Map<string, T>();
    const gone = new Set<string>();
    let failure = t('no answer within {0} s', TIMEOUT_MS / 1000);
    let complete = true;
    await mapConcurrently(ids, AT_ONCE, async (id) => {
      let known = this.#known.get(id);
      if (!known || !this.#isSettled(known)) {
        if (signal.aborted) {
          complete = false;
          return;
        }
        known = { told: null, failure: null, restUntil: 0 };
        this.#known.set(id, known);
        if (!(await this.#askOne(known, signal, () => ask(id)))) complete = false;
      }
      if (known.told !== null) told.set(id, known.told);
      else if (known.failure === null) gone.add(id);
      else failure = known.failure;
    });
    const unknown = ids.length - told.size - gone.size;
    return {
      told,
      gone,
      notes: unknown === 0 ? [] : [t('{0} could not be inspected: {1}', unknown, failure)],
      complete,
    };
  }

  /** Returns whether it had its time. */
  async #askOne(known: Known<T>, signal: AbortSignal, ask: () => Promise<T | null>): Promise<boolean> {
    const began = performance.now();
    try {
      known.told = await ask();
      return true;
    } catch (error) {
      known.failure = explain(signal.aborted ? signal.reason : error, TIMEOUT_MS);
      if (!signal.aborted) return true;
      const now = performance.now();
      if (now - began < FAIR_MS) return false;
      known.restUntil = now + REST_MS;
      return true;
    }
  }

  #isSettled(known: Known<T> | undefined): boolean {
    return known !== undefined && (known.told !== null || known.restUntil > performance.now());
  }

  #keep(ids: ReadonlySet<string>): void {
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
  }
}
