// The latest picture of the machine: looked at when asked, followed while somebody holds a lease. No timer, no vscode.
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';
import { sameItems } from '../model/sameItems';
import { oneAtATime } from '../shared/oneAtATime';

export interface Source {
  /** Looks now. */
  look(): Promise<Snapshot>;
  /** Tells of each change from now on. */
  start(show: (snapshot: Snapshot) => void): void;
  /** Nothing runs any more. */
  stop(): void;
}

interface Lease {
  dispose(): void;
}

type Listener = (snapshot: Snapshot) => void;

export class Inventory {
  #latest: Snapshot = EMPTY_SNAPSHOT;
  #looked = false;
  readonly #listeners = new Set<Listener>();
  readonly #leases = new Set<Lease>();

  constructor(private readonly source: Source) {}

  /** What was seen last; empty before the first look. */
  get latest(): Snapshot {
    return this.#latest;
  }

  /** Looks now: a look that began before the call does not count. */
  readonly refresh = oneAtATime(async (): Promise<Snapshot> => {
    this.#show(await this.source.look());
    return this.#latest;
  });

  /** Keeps the picture up to date until all leases are disposed of; the first look comes at once. */
  follow(): Lease {
    const lease: Lease = {
      dispose: () => {
        if (this.#leases.delete(lease) && this.#leases.size === 0) this.source.stop();
      },
    };
    this.#leases.add(lease);
    if (this.#leases.size === 1) {
      this.source.start((snapshot) => {
        this.#show(snapshot);
      });
    }
    return lease;
  }

  /** Called only when there is something new to show, and after the very first look. */
  onDidChange(listener: Listener): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  #show(snapshot: Snapshot): void {
    if (this.#looked && isSamePicture(snapshot, this.#latest)) return;
    this.#looked = true;
    this.#latest = snapshot;
    for (const listener of this.#listeners) listener(snapshot);
  }
}

/** What did not change is the same object. */
function isSamePicture(one: Snapshot, other: Snapshot): boolean {
  return (
    sameItems(one.containers, other.containers) &&
    sameItems(one.namespaces, other.namespaces) &&
    sameItems(one.notes, other.notes)
  );
}
