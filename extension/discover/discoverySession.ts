// One process that looks at the machine, from its start to its end: what is ordered, and its news as they come.
import type { Snapshot } from '../model/container';
import { messageOf } from '../model/messageOf';
import { t } from '../l10n';
import { inSlices, type Work } from '../shared/slices';
import type { DiscoverOptions } from './discover';
import { LineProcess, type ProcessCommand, type ProcessEnd } from './lineProcess';
import type { News, Order } from './orders';
import { PictureReader } from './pictureReader';
import { UnlockError } from './unlockError';

export interface SessionEvents {
  /** Each picture, the answers to looks too. */
  picture(snapshot: Snapshot): void;
  /** For the log. */
  failed(what: string, error: string): void;
  /** What ran as root has ended by itself. */
  locked(end: ProcessEnd): void;
  /** Nothing comes any more. Not after end(). */
  ended(end: ProcessEnd): void;
}

/** In one line. */
export function whyEnded({ said, code }: ProcessEnd): string {
  return t('Looking at the machine failed: {0}', said || t('exit code {0}', String(code)));
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

const NEWLINE = 0x0a;
const OPEN_LIST = 0x5b;

export class DiscoverySession {
  readonly #process: LineProcess;
  readonly #reader: PictureReader;
  /** Whole lines, not read yet. */
  #lines: Buffer[] = [];
  #reading = false;
  #looks = 0;
  readonly #looking = new Map<number, Waiting<Snapshot>>();
  #unlocking: Waiting<void> | null = null;

  /** `before`: what was seen before it, by another one. */
  constructor(
    command: ProcessCommand,
    before: Snapshot,
    private readonly events: SessionEvents,
  ) {
    this.#reader = new PictureReader(before);
    this.#process = new LineProcess(
      command,
      (lines) => {
        this.#lines.push(lines);
        this.#readAll();
      },
      (end) => {
        this.#abandon(whyEnded(end));
        events.ended(end);
      },
    );
  }

  /** Somebody waits for an answer. */
  get busy(): boolean {
    return this.#looking.size > 0 || this.#unlocking !== null;
  }

  say(order: Order): void {
    this.#process.say(JSON.stringify(order));
  }

  /** Resolves with what is seen later than the call; rejects with a message of one line. */
  look(options: DiscoverOptions): Promise<Snapshot> {
    const look = ++this.#looks;
    return new Promise((resolve, reject) => {
      this.#looking.set(look, { resolve, reject });
      this.say({ order: 'look', look, options });
    });
  }

  /** One at a time. Rejects with an UnlockError where the scan does not run as root then. */
  unlock(command: ProcessCommand): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#unlocking = { resolve, reject };
      this.say({ order: 'unlock', command });
    });
  }

  /** Nothing is told any more. */
  end(): void {
    this.#process.end();
    this.#abandon(t('Looking at the machine was stopped'));
  }

  #abandon(message: string): void {
    const waiting = [...this.#looking.values(), ...(this.#unlocking ? [this.#unlocking] : [])];
    this.#looking.clear();
    this.#unlocking = null;
    for (const { reject } of waiting) reject(new Error(message));
  }

  #readAll(): void {
    if (this.#reading) return;
    this.#reading = true;
    inSlices(this.#read()).then(
      () => {
        this.#reading = false;
      },
      (error: unknown) => {
        this.#process.fail(messageOf(error));
      },
    );
  }

  *#read(): Work<void> {
    for (let lines = this.#lines.shift(); lines; lines = this.#lines.shift()) {
      for (let start = 0; start <= lines.length && !this.#process.ended; yield) {
        const newline = lines.indexOf(NEWLINE, start);
        const end = newline < 0 ? lines.length : newline;
        if (lines[start] === OPEN_LIST) this.#reader.keep(lines, start);
        else this.#take(JSON.parse(lines.toString('utf8', start, end)) as News);
        start = end + 1;
      }
    }
  }

  #take(news: News): void {
    switch (news.news) {
      case 'failed':
        this.events.failed(news.what, news.error);
        break;
      case 'unlocked':
        this.#unlocking?.resolve();
        this.#unlocking = null;
        break;
      case 'refused':
        this.#unlocking?.reject(new UnlockError(news.end));
        this.#unlocking = null;
        break;
      case 'locked':
        this.events.locked(news.end);
        break;
      default: {
        const picture = this.#reader.read(news);
        if (picture && news.news === 'picture') this.#show(picture, news.looks);
      }
    }
  }

  #show(picture: Snapshot, looks: readonly number[]): void {
    const answered = looks.flatMap((look) => this.#looking.get(look) ?? []);
    for (const look of looks) this.#looking.delete(look);
    this.events.picture(picture);
    for (const { resolve } of answered) resolve(picture);
  }
}
