// `ns-helper scan --watch`: the same scan, kept running. One document on a line of its own when, and only when, it is not
// the one before. Ends with its standard input, so that it never outlives whoever started it. Changes nothing.
//
// Nothing tells a program without rights of processes that come, so the list of them is looked at twice a second; where the
// kernel does tell, of those that go (exits.ts) and of places (watchPlaces.ts), sooner.
import type { Readable, Writable } from 'node:stream';
import { Exits } from './exits';
import { WatchMemory } from './memory';
import { listPids } from './procfs';
import { scan, someMoved } from './scan';
import { NewestLine } from './watchOutput';
import { WatchPlaces } from './watchPlaces';

/** Between two looks at the list of processes. */
const QUIET_MS = 500;
/** Between two scans where that list stays the same: a file may hold a namespace. */
const SAME_MS = 1_000;
/** While processes are young. */
const BUSY_MS = 250;
/** What comes together is looked at together. */
const SETTLE_MS = 40;
/** At most a fifth of a processor goes into looking, however large the machine. */
const REST_PER_WORK = 4;
const LONGEST_REST_MS = 1_000;
const LONGEST_COMMAND = 64;

/** Resolves when `input` ends or nobody reads `output` any more. */
export function watch(input: Readable, output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const lookout = new Lookout((line) => {
      lines.write(line);
    });
    const lines = new NewestLine(output);
    const end = (): void => {
      lookout.pause();
      resolve();
    };
    for (const event of ['end', 'close', 'error']) input.on(event, end);
    output.on('error', end);
    readCommands(input, lookout);
    lookout.resume();
  });
}

/** `pause`, `resume` and `look`, a line each; whatever else comes means nothing. */
function readCommands(input: Readable, lookout: Lookout): void {
  let text = '';
  input.setEncoding('utf8');
  input.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = (lines.pop() ?? '').slice(-LONGEST_COMMAND);
    for (const line of lines) {
      if (line === 'pause') lookout.pause();
      else if (line === 'resume') lookout.resume();
      else if (line === 'look') lookout.lookAtAll();
    }
  });
}

class Lookout {
  readonly #memory = new WatchMemory();
  readonly #places = new WatchPlaces(() => {
    this.#hint();
  });
  readonly #exits = new Exits(() => {
    this.#hint();
  });
  #hinted = true;
  #scannedAt = 0;
  #listed = '';
  #paused = true;
  #timer: NodeJS.Timeout | null = null;
  #asked: NodeJS.Immediate | null = null;
  /** How often somebody has asked, and how many of these have their answer. */
  #asks = 0;
  #looks = 0;
  #dueAt = Infinity;
  /** Not before this time, so that looking never takes more than its part. */
  #restUntil = 0;
  #printed = '';

  constructor(private readonly print: (line: string) => void) {}

  /** No timer, no inotify watch and no thread that waits stays. */
  pause(): void {
    this.#paused = true;
    this.#clearTimer();
    this.#places.close();
    this.#exits.close();
  }

  resume(): void {
    this.#paused = false;
    this.#hinted = true;
    this.#look();
  }

  /** Reads everything anew and prints it, whether it is new or not. Also while paused. Those who ask together get one. */
  lookAtAll(): void {
    this.#asks++;
    this.#asked ??= setImmediate(() => {
      this.#asked = null;
      this.#looks = this.#asks;
      this.#memory.clear();
      this.#scan(listPids('/proc'));
    });
  }

  #hint(): void {
    this.#hinted = true;
    this.#lookIn(SETTLE_MS);
  }

  #look(): void {
    this.#clearTimer();
    const before = process.cpuUsage();
    const pids = listPids('/proc');
    const listed = pids.join();
    const moved = someMoved(this.#memory);
    const same = listed === this.#listed && !this.#hinted && !this.#memory.hasYoung && !moved;
    this.#listed = listed;
    if (this.#hinted) this.#places.renew();
    this.#hinted = false;
    if (!same || performance.now() - this.#scannedAt >= SAME_MS) this.#scan(pids);
    const { user, system } = process.cpuUsage(before);
    const workMs = (user + system) / 1_000;
    this.#restUntil = performance.now() + Math.min(REST_PER_WORK * workMs, LONGEST_REST_MS);
    this.#lookIn(this.#memory.hasYoung ? BUSY_MS : QUIET_MS);
  }

  #scan(pids: readonly number[]): void {
    this.#scannedAt = performance.now();
    const document = scan({ pids, memory: this.#memory });
    const line = JSON.stringify({ ...document, looks: this.#looks });
    if (line !== this.#printed) this.print(line);
    this.#printed = line;
    if (!this.#paused) this.#exits.follow(document.containers.map(({ pid }) => pid));
  }

  /** An earlier date stands. */
  #lookIn(milliseconds: number): void {
    if (this.#paused) return;
    const now = performance.now();
    const dueAt = Math.max(now + milliseconds, this.#restUntil);
    if (this.#timer && this.#dueAt <= dueAt) return;
    this.#clearTimer();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#look();
    }, dueAt - now);
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
