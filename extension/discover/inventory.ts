// The latest picture of the machine, and how to get a newer one. Looks only when asked; no timer, no vscode.
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';

type Listener = (snapshot: Snapshot) => void;

export class Inventory {
  #latest: Snapshot = EMPTY_SNAPSHOT;
  #underWay: Promise<Snapshot> | null = null;
  readonly #listeners = new Set<Listener>();

  constructor(private readonly discover: () => Promise<Snapshot>) {}

  /** What was seen last; empty before the first look. */
  get latest(): Snapshot {
    return this.#latest;
  }

  /** Looks now. Calls that come while a look is under way share it. */
  refresh(): Promise<Snapshot> {
    this.#underWay ??= this.discover()
      .then((snapshot) => {
        this.#latest = snapshot;
        for (const listener of this.#listeners) listener(snapshot);
        return snapshot;
      })
      .finally(() => {
        this.#underWay = null;
      });
    return this.#underWay;
  }

  onDidChange(listener: Listener): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }
}
