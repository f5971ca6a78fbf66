// Which rows of ports are open, and what was read for them: when one is opened, and when the view is refreshed. What is
// closed is forgotten. No timer, no vscode.
import { isDeepStrictEqual } from 'node:util';
import type { Ports } from '../inspect/ports';
import type { Container } from '../model/container';
import type { KnownPorts } from './portNodes';

export class OpenPorts {
  readonly #known = new Map<string, Ports | null>();
  /** Numbers the looks: one that was begun earlier must not take the place of a later one. */
  readonly #turns = new Map<string, number>();

  constructor(
    private readonly read: (container: Container) => Promise<Ports>,
    private readonly changed: () => void,
  ) {}

  get known(): KnownPorts {
    return this.#known;
  }

  open(container: Container): void {
    if (this.#known.has(container.key)) return;
    this.#known.set(container.key, null);
    void this.#look(container);
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

  async #look(container: Container): Promise<void> {
    const { key } = container;
    const turn = (this.#turns.get(key) ?? 0) + 1;
    this.#turns.set(key, turn);
    const ports = await this.read(container);
    if (this.#turns.get(key) !== turn) return;
    this.#turns.delete(key);
    if (!this.#known.has(key) || isDeepStrictEqual(this.#known.get(key), ports)) return;
    this.#known.set(key, ports);
    this.changed();
  }
}
