// The machine, looked at once or followed: the scan and the engines, merged. Nothing runs after stop(), but for the waiting
// process of a scan that was unlocked.
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';
import { messageOf } from '../model/messageOf';
import { helperCommand } from '../shared/helperCommand';
import { oneAtATime } from '../shared/oneAtATime';
import { inSlices, ownTurn } from '../shared/slices';
import { combine, type DiscoverOptions } from './discover';
import type { Source } from './inventory';
import type { LiveEngines } from './liveEngines';
import { LiveScan } from './liveScan';
import { runScan } from './scanner';
import type { ProcessCommand } from './lineProcess';

/** A container that starts is told of by the scan and by its engine: that is one change. */
const SETTLE_MS = 150;

export class Live implements Source {
  readonly scan: LiveScan;
  #engines: Promise<LiveEngines> | null = null;
  #show: ((snapshot: Snapshot) => void) | null = null;
  #settling: NodeJS.Timeout | null = null;
  #snapshot = EMPTY_SNAPSHOT;

  constructor(
    private readonly options: () => DiscoverOptions,
    private readonly logError: (what: string, error: unknown) => void,
  ) {
    this.scan = new LiveScan(
      () => this.#scanCommand(),
      () => runScan(options()),
      () => {
        // An engine may have come with what is new.
        this.#withEngines((engines) => {
          if (this.#show) engines.retry();
        });
        this.#changed();
      },
    );
  }

  async look(): Promise<Snapshot> {
    const engines = await this.#loadEngines();
    await Promise.all([this.scan.refresh(), engines.refresh()]);
    return this.#combine();
  }

  start(show: (snapshot: Snapshot) => void): void {
    this.#show = show;
    this.#startScan();
    this.#withEngines((engines) => {
      if (this.#show) engines.start();
    });
  }

  stop(): void {
    this.#show = null;
    if (this.#settling) clearTimeout(this.#settling);
    this.#settling = null;
    this.scan.stop();
    this.#withEngines((engines) => {
      if (!this.#show) engines.stop();
    });
  }

  /** The options are others now: who follows sees what they say. */
  reconsider(): void {
    this.#withEngines((engines) => {
      if (this.#show) engines.renew();
    });
  }

  dispose(): void {
    this.stop();
    this.scan.lock();
  }

  #changed(): void {
    if (!this.#show) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = null;
      this.#withEngines(async () => {
        // Before the scan's first word there is no picture yet.
        if (this.scan.latest ?? this.scan.note) {
          const snapshot = await this.#combine();
          this.#show?.(snapshot);
        }
      });
    }, SETTLE_MS);
  }

  readonly #combine = oneAtATime(async (): Promise<Snapshot> => {
    const { latest } = await this.#loadEngines();
    this.#snapshot = await inSlices(
      combine(this.scan.latest, this.scan.note, latest, this.#snapshot, this.scan.isRoots),
    );
    return this.#snapshot;
  });

  #scanCommand(): ProcessCommand {
    const { runtime, env } = this.options();
    return { ...helperCommand(runtime, ['scan', '--watch']), env };
  }

  /** Starting a program takes some milliseconds, so it has a turn of its own; what to start is found out before. */
  #startScan(): void {
    ownTurn()
      .then(async () => {
        const command = this.#scanCommand();
        await ownTurn();
        if (this.#show) this.scan.start(command);
      })
      .catch((error: unknown) => {
        this.logError('starting the scan', messageOf(error));
      });
  }

  /** Nothing needs what speaks with engines before the first look. Loading it has a turn of its own too. */
  #loadEngines(): Promise<LiveEngines> {
    this.#engines ??= this.#makeEngines();
    return this.#engines;
  }

  async #makeEngines(): Promise<LiveEngines> {
    await ownTurn();
    const { LiveEngines } = await import('./liveEngines');
    return new LiveEngines(
      () => ({ ...this.options(), daemons: this.scan.latest?.engines ?? [] }),
      () => {
        this.#changed();
      },
    );
  }

  #withEngines(act: (engines: LiveEngines) => void | Promise<void>): void {
    this.#loadEngines()
      .then(act)
      .catch((error: unknown) => {
        this.logError('asking the engines', messageOf(error));
      });
  }
}
