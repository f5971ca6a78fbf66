// The machine, looked at by a process of its own: in the extension host only what is new in each picture has to be read. It
// runs while somebody follows, waits for an answer or has unlocked, and is started again, after a pause, where it ends by itself.
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';
import { ownTurn } from '../shared/slices';
import type { DiscoverOptions } from './discover';
import { DiscoverySession, whyEnded } from './discoverySession';
import type { Source } from './inventory';
import type { ProcessCommand, ProcessEnd } from './lineProcess';
import type { Unlockable } from './unlock';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class Discovery implements Source, Unlockable {
  #session: DiscoverySession | null = null;
  #show: ((snapshot: Snapshot) => void) | null = null;
  #latest = EMPTY_SNAPSHOT;
  #onLocked: ((end: ProcessEnd) => void) | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: NodeJS.Timeout | null = null;

  constructor(
    private readonly command: () => ProcessCommand,
    private readonly options: () => DiscoverOptions,
    private readonly logError: (what: string, error: unknown) => void,
  ) {}

  /** The scan runs as root. */
  get unlocked(): boolean {
    return this.#onLocked !== null;
  }

  /** Rejects with a message of one line. */
  async look(): Promise<Snapshot> {
    try {
      return await this.#started().look(this.options());
    } finally {
      this.#endUnused();
    }
  }

  start(show: (snapshot: Snapshot) => void): void {
    this.#show = show;
    this.#follow(show);
  }

  stop(): void {
    this.#show = null;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    this.#session?.say({ order: 'stop' });
    this.#endUnused();
  }

  /** The options are others now: who follows sees what they say. */
  reconsider(): void {
    this.#session?.say({ order: 'reconsider', options: this.options() });
  }

  async unlock(command: ProcessCommand, onEnd: (end: ProcessEnd) => void): Promise<void> {
    try {
      await this.#started().unlock(command);
      this.#onLocked = onEnd;
    } finally {
      this.#endUnused();
    }
  }

  /** Back to what the user may see. */
  lock(): void {
    this.#onLocked = null;
    this.#session?.say({ order: 'lock' });
    this.#endUnused();
  }

  dispose(): void {
    this.stop();
    this.lock();
    this.#end();
  }

  #follow(show: (snapshot: Snapshot) => void): void {
    this.#retry = null;
    this.#begin(show).catch((error: unknown) => {
      this.logError('starting to look', error);
    });
  }

  /** Starting a program takes some milliseconds, so it has a turn of its own; with what and for what is found out before. */
  async #begin(show: (snapshot: Snapshot) => void): Promise<void> {
    await ownTurn();
    const [command, options] = [this.command(), this.options()];
    await ownTurn();
    if (this.#show !== show) return;
    const session = this.#started(command);
    await ownTurn();
    if (this.#show === show) session.say({ order: 'start', options });
  }

  /** `command`: where it has been found out already. */
  #started(command?: ProcessCommand): DiscoverySession {
    this.#session ??= new DiscoverySession(command ?? this.command(), this.#latest, {
      picture: (snapshot) => {
        this.#pauseMs = FIRST_PAUSE_MS;
        this.#latest = snapshot;
        this.#show?.(snapshot);
      },
      failed: (what, error) => {
        this.logError(what, error);
      },
      locked: (end) => {
        this.#locked(end);
      },
      ended: (end) => {
        this.#ended(end);
      },
    });
    return this.#session;
  }

  /** What runs as root waits in there, and to start it again may take a password. */
  #endUnused(): void {
    if (!this.#show && !this.unlocked && this.#session?.busy !== true) this.#end();
  }

  #end(): void {
    this.#session?.end();
    this.#session = null;
  }

  #locked(end: ProcessEnd): void {
    const onLocked = this.#onLocked;
    this.#onLocked = null;
    onLocked?.(end);
    this.#endUnused();
  }

  #ended(end: ProcessEnd): void {
    this.#session = null;
    this.#locked(end);
    const show = this.#show;
    if (!show) return;
    // What was seen last stays: rows that a person has opened are not to close.
    show({ ...this.#latest, notes: [whyEnded(end)] });
    this.#retry = setTimeout(() => {
      this.#follow(show);
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}
