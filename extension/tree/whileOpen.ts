// What is read only for rows that are open: when one is opened, and again when the view is refreshed. What is closed is
// forgotten. No timer, no vscode.
import { isDeepStrictEqual } from 'node:util';

export class WhileOpen<Subject, Found> {
  readonly #known = new Map<string, Found | null>();
  /** Those under way; of several about one subject, the one that was begun last. */
  readonly #looks = new Map<string, Promise<void>>();

  constructor(
    private readonly keyOf: (subject: Subject) => string,
    /** Never rejects. */
    private readonly read: (subject: Subject) => Promise<Found>,
    private readonly changed: () => void,
  ) {}

  /** By key; null while it is read for the first time. */
  get known(): ReadonlyMap<string, Found | null> {
    return this.#known;
  }

  /** Resolves when it is known. */
  async open(subject: Subject): Promise<void> {
    const key = this.keyOf(subject);
    if (!this.#known.has(key)) {
      this.#known.set(key, null);
      void this.#look(subject);
    }
    await this.#looks.get(key);
  }

  close(subject: Subject): void {
    this.#known.delete(this.keyOf(subject));
  }

  /** Looks again, and forgets what is not there any more. */
  async refresh(subjects: readonly Subject[]): Promise<void> {
    if (this.#known.size === 0) return;
    const present = new Map(subjects.map((subject) => [this.keyOf(subject), subject]));
    for (const key of this.#known.keys()) if (!present.has(key)) this.#known.delete(key);
    await Promise.all([...this.#known.keys()].flatMap((key) => present.get(key) ?? []).map((each) => this.#look(each)));
  }

  #look(subject: Subject): Promise<void> {
    const key = this.keyOf(subject);
    const look = this.read(subject).then((found) => {
      // One that was begun earlier must not take the place of a later one.
      if (this.#looks.get(key) !== look) return;
      this.#looks.delete(key);
      if (!this.#known.has(key) || isDeepStrictEqual(this.#known.get(key), found)) return;
      this.#known.set(key, found);
      this.changed();
    });
    this.#looks.set(key, look);
    return look;
  }
}
