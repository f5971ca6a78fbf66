// What a scan may use again of what an earlier one read of a process, so that looking again costs little. A process keeps
// its namespaces until it moves, which most never do after their first moments: young ones are read again each time, the
// others in turn. Knows nothing of what is read.

export interface Memory {
  /** Names the processes that are there now; what is known of others is forgotten. */
  begin(pids: readonly number[]): void;
  /** What `read` gave for this process before, or gives now. What it throws is not remembered. */
  recall<T>(pid: number, what: string, read: () => T): T;
  /** Whether a later scan uses it again. */
  readonly lasts: boolean;
  /** The same for what is not of one process: what was read before counts as long as `mark` gives the same. */
  keep<T>(what: string, mark: () => string, read: () => T): T;
}

/** For a scan that runs once. */
export const NO_MEMORY: Memory = {
  begin: () => undefined,
  recall: (_pid, _what, read) => read(),
  lasts: false,
  keep: (_what, _mark, read) => read(),
};

interface Known {
  readonly since: number;
  readonly facts: Map<string, unknown>;
}

/** unshare(2) comes soon after fork(2): an engine takes a second or two at most until its container runs. */
const YOUNG_MS = 3_000;
/** Within this time each old one is read again, a few by each scan: as many as the time since the one before asks for. */
const TURN_MS = 22_500;
/** Of the processor's time, so that nobody notices: what verify() may take, and how much of it may be saved up. */
const VERIFY_PART = 0.03;
const MOST_SAVED_MS = 30;
/** Between two verifications of the same process, at least. */
const ROUND_MS = 450;
/** Asking for the processor's time takes some itself. */
const AT_ONCE = 16;
/** So that news is told soon, a scan that has some leaves the old ones to the next, unless that are more than this part. */
const MOST_PUT_OFF = 0.1;

export class WatchMemory implements Memory {
  readonly lasts = true;
  /** The one that was read longest ago comes first. */
  readonly #known = new Map<number, Known>();
  readonly #kept = new Map<string, { mark: string; value: unknown }>();
  #hasYoung = false;
  #first = true;
  #begunAt = 0;
  /** How many old ones are due, in parts of one. */
  #due = 0;
  /** Those that verify() has not come to in this round; the last is next. */
  #unverified: number[] = [];
  #roundBegan = -Infinity;
  #verifiedAt = 0;
  #savedMs = 0;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly processorMs: () => number = usedMs,
  ) {}

  /** Whether a process may be about to get namespaces of its own, so that the next scan should come soon. */
  get hasYoung(): boolean {
    return this.#hasYoung;
  }

  begin(pids: readonly number[]): void {
    const now = this.now();
    const there = new Set(pids);
    const known = this.#known.size;
    for (const pid of this.#known.keys()) if (!there.has(pid)) this.#known.delete(pid);
    const newcomers = pids.filter((pid) => !this.#known.has(pid));
    this.#forgetSome(now, { hasNews: newcomers.length > 0 || this.#known.size < known });
    // Those that were there before the first scan may be of any age; most are old.
    for (const pid of newcomers) this.#known.set(pid, { since: this.#first ? -Infinity : now, facts: new Map() });
    if (!this.#first && newcomers.length > 0) this.#hasYoung = true;
    this.#first = false;
  }

  recall<T>(pid: number, what: string, read: () => T): T {
    const facts = this.#known.get(pid)?.facts;
    // The same `what` is always read by the same function, so this is a T; and no function reads `undefined`.
    const known = facts?.get(what) as T | undefined;
    if (known !== undefined) return known;
    const value = read();
    facts?.set(what, value);
    return value;
  }

  keep<T>(what: string, mark: () => string, read: () => T): T {
    const [now, kept] = [mark(), this.#kept.get(what)];
    // As in recall(): always the same function.
    if (kept?.mark === now) return kept.value as T;
    const value = read();
    this.#kept.set(what, { mark: now, value });
    return value;
  }

  /**
   * Asks of old processes, one after the other and as many as there is time for, whether what is remembered as `what` still
   * holds. Of those of which it does not, all is forgotten. Returns whether there were any.
   */
  verify(what: string, holds: (pid: number, known: unknown) => boolean): boolean {
    const now = this.now();
    this.#savedMs = Math.min(this.#savedMs + VERIFY_PART * (now - this.#verifiedAt), MOST_SAVED_MS);
    this.#verifiedAt = now;
    if (this.#unverified.length === 0 && now - this.#roundBegan >= ROUND_MS) {
      this.#roundBegan = now;
      this.#unverified = [...this.#known.keys()].reverse();
    }
    let found = false;
    let began = this.processorMs();
    while (this.#unverified.length > 0 && this.#savedMs > 0) {
      for (const pid of this.#unverified.splice(-AT_ONCE)) {
        const { since = now, facts } = this.#known.get(pid) ?? {};
        const known = facts?.get(what);
        // The young are read again anyway.
        if (known === undefined || now - since < YOUNG_MS || holds(pid, known)) continue;
        facts?.clear();
        found = true;
      }
      const used = this.processorMs();
      this.#savedMs -= used - began;
      began = used;
    }
    return found;
  }

  /** Everything is read anew by the next scan. */
  clear(): void {
    this.#kept.clear();
    for (const { facts } of this.#known.values()) facts.clear();
  }

  #forgetSome(now: number, { hasNews }: { hasNews: boolean }): void {
    this.#hasYoung = false;
    this.#due = Math.min(this.#due + (this.#known.size * (now - this.#begunAt)) / TURN_MS, this.#known.size);
    this.#begunAt = now;
    const most = hasNews && this.#due <= MOST_PUT_OFF * this.#known.size ? 0 : this.#due;
    const turns: number[] = [];
    for (const [pid, known] of this.#known) {
      if (now - known.since < YOUNG_MS) {
        this.#hasYoung = true;
        known.facts.clear();
      } else if (turns.length + 1 <= most) turns.push(pid);
    }
    this.#due -= turns.length;
    for (const pid of turns) {
      const known = this.#known.get(pid);
      if (!known) continue;
      known.facts.clear();
      // To the end of the queue.
      this.#known.delete(pid);
      this.#known.set(pid, known);
    }
  }
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
