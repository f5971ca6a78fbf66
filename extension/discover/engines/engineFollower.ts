// One engine, followed: listed again whenever its events tell of a change. One that hangs, goes away or comes back is tried
// again, each time after a longer pause; so is one that has no events, and whenever something happened on the machine.
// Nothing runs after stop().
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { oneAtATime } from '../../shared/oneAtATime';
import { NO_CONTAINERS, type EngineAddress, type EngineApi, type EngineListing } from './engine';
import { keepSame } from './keepSame';
import { apiOf, listOne } from './listEngines';

/** Events come in bursts: create, start and what belongs to them. */
const SETTLE_MS = 100;
/** An engine that answers has begun its events by then, and is listed once. One that does not is listed all the same. */
const HEAD_START_MS = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** An engine that hangs may keep its events open: after something happened of which it told nothing, it is asked. */
const SILENCE_MS = 3_000;
const LONGEST_EVENT = 1 << 20;

export class EngineFollower {
  #latest: EngineListing = NO_CONTAINERS;
  #following: AbortController | null = null;
  /** Its events have begun, or will not soon. */
  #ready: Promise<unknown> = Promise.resolve();
  #events: Readable | null = null;
  #settling: NodeJS.Timeout | null = null;
  #silence: NodeJS.Timeout | null = null;
  #changedAt = 0;
  #listedAt = 0;
  #hasTold = false;
  #listing = false;
  /** Ends a pause early. */
  #wake: (() => void) | null = null;

  constructor(
    private readonly address: EngineAddress,
    private readonly onChange: () => void,
    private readonly api: EngineApi = apiOf(address),
  ) {}

  get latest(): EngineListing {
    return this.#latest;
  }

  /** Nobody named it, but it has told of containers since it is followed: it is tried again also where it is not found. */
  get isMissed(): boolean {
    return this.#hasTold && !this.address.explicit;
  }

  start(): void {
    if (this.#following) return;
    this.#following = new AbortController();
    void this.#follow(this.#following.signal);
  }

  stop(): void {
    this.#following?.abort();
    this.#following = null;
    this.#wake?.();
    if (this.#settling) clearTimeout(this.#settling);
    this.#settling = null;
    if (this.#silence) clearTimeout(this.#silence);
    this.#silence = null;
    this.#hasTold = false;
  }

  /**
   * Something happened on the machine: an engine that failed may be back, one without events may have news, and one with
   * events may hang.
   */
  retry(): void {
    this.#changedAt = performance.now();
    if (this.#events) this.#awaitWord();
    else if (this.#listing) void this.#list();
    this.#wake?.();
  }

  /**
   * Lists now, all of it anew: what happened while nobody listened was not told, and a pid that is no longer right is maybe
   * some other process's by now. Never rejects. A listing that began before the call does not count.
   */
  async refresh(): Promise<void> {
    // Whoever asks while it is started gets the listing that follows then.
    await this.#ready;
    this.api.forget?.();
    await this.#list();
  }

  /** Each listing is shown, also where another has to follow: where changes come faster than listings, one always has. */
  readonly #list = oneAtATime(async () => {
    this.#listing = true;
    this.#listedAt = performance.now();
    const listing = await listOne(this.api, this.address, this.address.explicit || this.#hasTold);
    this.#latest = { ...listing, containers: keepSame(listing.containers, this.#latest.containers) };
    this.#listing = false;
    if (this.#following && this.#latest.containers.length > 0) this.#hasTold = true;
    // Its events would not tell when it can be listed again: it is tried as one whose events have ended.
    if (this.#latest.failed) this.#events?.destroy();
    if (this.#following && this.#latest.incomplete) this.#settle();
    this.onChange();
  });

  async #follow(signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      let ended = Promise.resolve();
      const begun = this.#connect(signal).then((events) => {
        if (events) ended = this.#listen(events, signal);
        return events !== null;
      });
      const inTime = atMost(HEAD_START_MS, begun);
      this.#ready = inTime;
      await inTime;
      if (this.#following?.signal === signal) await this.refresh();
      if (await begun) {
        // What happened before its events began they have not told.
        if (!(await inTime)) await this.refresh();
        if (!this.#latest.failed) pauseMs = FIRST_PAUSE_MS;
      }
      await ended;
      await this.#pause(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** Null where there are no events. */
  async #connect(signal: AbortSignal): Promise<Readable | null> {
    try {
      return (await this.api.events?.(signal)) ?? null;
    } catch {
      return null;
    }
  }

  /** Resolves when the stream ends, for whatever reason. */
  #listen(stream: Readable, signal: AbortSignal): Promise<void> {
    this.#events = stream;
    return new Promise((resolve) => {
      let text = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        const lines = (text + chunk).split('\n');
        text = (lines.pop() ?? '').slice(0, LONGEST_EVENT);
        for (const line of lines) this.api.forget?.(containerOf(line));
        if (lines.length > 0 && !signal.aborted) this.#settle();
      });
      // An error is followed by the close.
      stream.on('error', () => undefined);
      stream.on('close', () => {
        this.#events = null;
        resolve();
      });
    });
  }

  #settle(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = null;
      void this.#list();
    }, SETTLE_MS);
  }

  #awaitWord(): void {
    this.#silence ??= setTimeout(() => {
      this.#silence = null;
      if (this.#listedAt < this.#changedAt) void this.#list();
    }, SILENCE_MS);
  }

  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        this.#wake = null;
        resolve();
      };
      let timer = setTimeout(end, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        // Not more often than once a second, whatever goes on; and at once where it is the end.
        const left = signal.aborted ? 0 : Math.max(0, began + FIRST_PAUSE_MS - performance.now());
        timer = setTimeout(end, left);
      };
    });
  }
}

/** Resolves when the work has ended, with true, or after so long, with false. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const { signal } = over;
  const waited = sleep(milliseconds, false, { signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), waited]);
  over.abort();
  return done;
}

/** Since its API 1.52 (Docker 29) Docker has the id in `Actor` alone. */
const Event = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ id: v.optional(v.string()), Actor: v.optional(v.object({ ID: v.optional(v.string()) })) }),
);

function containerOf(line: string): string | undefined {
  const event = v.safeParse(Event, line);
  return event.success ? (event.output.id ?? event.output.Actor?.ID) : undefined;
}
