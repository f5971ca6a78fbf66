// Which rows of ports are open, and what was read for them: when one is opened, and when the view is refreshed. What is
// closed is forgotten. No timer, no vscode.
import { isDeepStrictEqual } from 'node:util';
import type { Ports } from '../inspect/ports';
import type { Container } from '../model/container';
import type { KnownPorts } from './portNodes';

export class OpenPorts {
  readonly #known = new Map<string, Ports | null>();
  /** Those under way; of several at one container, the one that was begun last. */
  readonly #looks = new Map<string, Promise<void>>();

  constructor(
    private readonly read: (container: Container) => Promise<Ports>,
    private readonly changed: () => void,
  ) {}

  get known(): KnownPorts {
    return this.#known;
  }

  /** Resolves when they are known. */
  async open(container: Container): Promise<void> {
    const { key } = container;
    if (!this.#known.has(key)) {
      this.#known.set(key, null);
      void this.#look(container);
    }
    await this.#looks.get(key);
  }

  close({ key }: Container): void {
    this.#known.delete(key);
  }

  /** Looks again, and forgets containers that are not there any more. */
  async refresh(containers: readonly Container[]): Promise<void> {
    const present = new Map(containers.map((container) => [container.key, container]));
    for (const key of this.#known.keys()) if (!present.has(key)) this.#known.delete(key);
    await Promise.all([...this.#known.keys()].flatMap((key) => present.get(key) ?? []).map((each) => this.#look(each)));
  }

  #look(container: Container): Promise<void> {
    const { key } = container;
    const look = this.read(container).then((ports) => {
      // One that was begun earlier must not take the place of a later one.
      if (this.#looks.get(key) !== look) return;
      this.#looks.delete(key);
      if (!this.#known.has(key) || isDeepStrictEqual(this.#known.get(key), ports)) return;
      this.#known.set(key, ports);
      this.changed();
    });
    this.#looks.set(key, look);
    return look;
  }
}
