// The machine, looked at once or followed: the scan and the engines, merged. Nothing runs after stop(), but for the waiting
// process of a scan that was unlocked.
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';
import { helperCommand } from '../shared/helperCommand';
import { combine, type DiscoverOptions } from './discover';
import type { Source } from './inventory';
import type { ProcessCommand } from './lineProcess';
import { LiveEngines } from './liveEngines';
import { LiveScan } from './liveScan';
import { runScan } from './scanner';

/** A container that starts is told of by the scan and by its engine: that is one change. */
const SETTLE_MS = 150;

export class Live implements Source {
  readonly scan: LiveScan;
  readonly #engines: LiveEngines;
  #show: ((snapshot: Snapshot) => void) | null = null;
  #settling: NodeJS.Timeout | null = null;
  #snapshot = EMPTY_SNAPSHOT;

  constructor(private readonly options: () => DiscoverOptions) {
    this.scan = new LiveScan(
      () => this.#scanCommand(),
      () => runScan(options()),
      () => {
        // An engine may have come with what is new.
        if (this.#show) this.#engines.retry();
        this.#changed();
      },
    );
    this.#engines = new LiveEngines(
      () => ({ ...options(), daemons: this.scan.latest?.engines ?? [] }),
      () => {
        this.#changed();
      },
    );
  }

  async look(): Promise<Snapshot> {
    await Promise.all([this.scan.refresh(), this.#engines.refresh()]);
    // Of some only the command lines of their daemons tell, which the scan has read by now.
    if (this.scan.latest?.engines.length) await this.#engines.refreshNew();
    return this.#combine();
  }

  start(show: (snapshot: Snapshot) => void): void {
    this.#show = show;
    this.scan.start();
    this.#engines.start();
  }

  stop(): void {
    this.#show = null;
    if (this.#settling) clearTimeout(this.#settling);
    this.#settling = null;
    this.scan.stop();
    this.#engines.stop();
  }

  /** The options are others now: who follows sees what they say. */
  reconsider(): void {
    if (this.#show) this.#engines.renew();
  }

  dispose(): void {
    this.stop();
    this.scan.lock();
  }

  #changed(): void {
    if (!this.#show) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = null;
      // Before the scan's first word there is no picture yet.
      if (this.scan.latest ?? this.scan.note) this.#show?.(this.#combine());
    }, SETTLE_MS);
  }

  #combine(): Snapshot {
    const { latest, note, isRoots } = this.scan;
    this.#snapshot = combine(latest, note, this.#engines.latest, this.#snapshot, isRoots);
    return this.#snapshot;
  }

  #scanCommand(): ProcessCommand {
    const { runtime, env } = this.options();
    return { ...helperCommand(runtime, ['scan', '--watch']), env };
  }
}
