// All engines of the machine, followed. Which there are is looked up again whenever something changed: one that starts has
// its first container soon.
import type { EngineAddress, EngineListing } from './engines/engine';
import { EngineFollower } from './engines/engineFollower';
import { findEngines, type EngineOptions } from './engines/findEngines';

export class LiveEngines {
  readonly #followers = new Map<string, EngineFollower>();
  #notes: readonly string[] = [];
  #following = false;

  constructor(
    private readonly options: () => EngineOptions,
    private readonly onChange: () => void,
  ) {}

  get latest(): readonly EngineListing[] {
    const listings = [...this.#followers.values()].map(({ latest }) => latest);
    return [{ containers: [], notes: this.#notes }, ...listings];
  }

  start(): void {
    this.#following = true;
    void this.#renew({ keepMissed: false });
  }

  stop(): void {
    this.#following = false;
    for (const follower of this.#followers.values()) follower.stop();
  }

  /** Something changed on the machine. */
  retry(): void {
    void this.#renew({ keepMissed: true });
    for (const follower of this.#followers.values()) follower.retry();
  }

  /** Which engines there are is said anew: those that were found otherwise before are left. */
  renew(): void {
    void this.#renew({ keepMissed: false }).then(this.onChange);
  }

  /** Lists all of them now; never rejects. */
  async refresh(): Promise<void> {
    await this.#renew({ keepMissed: true });
    await Promise.all([...this.#followers.values()].map((follower) => follower.refresh()));
  }

  /** Lists those that are found only now; never rejects. */
  async refreshNew(): Promise<void> {
    const known = new Set(this.#followers.values());
    await this.#renew({ keepMissed: true });
    const found = [...this.#followers.values()].filter((follower) => !known.has(follower));
    await Promise.all(found.map((follower) => follower.refresh()));
  }

  /**
   * Never rejects. Two at once do no harm: each leaves just the followers of what it found, and of what it misses, each of
   * which says so and tries again.
   */
  async #renew({ keepMissed }: { keepMissed: boolean }): Promise<void> {
    const { addresses, notes } = await findEngines(this.options());
    this.#notes = notes;
    const keys = new Map(addresses.map((address) => [JSON.stringify(address), address]));
    for (const [key, follower] of this.#followers) {
      if (keys.has(key) || (keepMissed && follower.isMissed)) continue;
      follower.stop();
      this.#followers.delete(key);
    }
    for (const [key, address] of keys) if (!this.#followers.has(key)) this.#followers.set(key, this.#follower(address));
    if (this.#following) for (const follower of this.#followers.values()) follower.start();
  }

  #follower(address: EngineAddress): EngineFollower {
    return new EngineFollower(address, this.onChange);
  }
}
