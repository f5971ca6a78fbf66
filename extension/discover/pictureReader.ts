// What a PictureWriter writes, in that order, to pictures. What did not change stays the same object. Pure.
import { type Container, EMPTY_SNAPSHOT, type Namespace, type NamespaceRef, type Snapshot } from '../model/container';
import { isSame } from '../model/isSame';
import { DetailsInBytes } from './detailsInBytes';
import { NEW, type PictureNews, type Run, type SentContainer } from './pictureNews';

const NO_DETAILS = new DetailsInBytes(Buffer.from('[{},[]]'), 0, 7);

interface ReceivedContainer extends Container {
  readonly details: DetailsInBytes;
}

export class PictureReader {
  #latest = EMPTY_SNAPSHOT;
  /** Of the containers that come next. */
  #details: DetailsInBytes[] = [];
  #containers: Container[] = [];
  #namespaces: Namespace[] = [];
  readonly #knownContainers: Known<Container, ReceivedContainer>;
  readonly #knownNamespaces: Known<Namespace>;

  /** `before`: what was read from another writer; what this one's first picture has in common with it stays the same object. */
  constructor(before: Snapshot) {
    this.#knownContainers = new Known(before.containers, ({ key }) => key, isSameContainer);
    this.#knownNamespaces = new Known(before.namespaces, ({ type, inode }) => `${type}:${inode}`, isEqual);
  }

  /** `text`: from `start` to `end` it has SentDetails as JSON, and is kept while they are. */
  readDetails(text: Buffer, start: number, end: number): void {
    this.#details.push(new DetailsInBytes(text, start, end));
  }

  /** Returns the picture that ends with this, and null within one. */
  read(news: PictureNews): Snapshot | null {
    switch (news.news) {
      case 'containers':
        this.#readContainers(news);
        return null;
      case 'namespaces':
        news.namespaces.forEach((namespace) => this.#namespaces.push(this.#knownNamespaces.keep(namespace)));
        return null;
      case 'picture':
        this.#latest = this.#end(news);
        return this.#latest;
    }
  }

  /** What was parsed becomes the container. All that do not run have the same list. */
  #readContainers({ containers, lists, references }: Extract<PictureNews, { news: 'containers' }>): void {
    const all = lists.map((places) => places.flatMap((place) => references[place] ?? []));
    containers.forEach((sent, at) => {
      const details = this.#details[at] ?? NO_DETAILS;
      const namespaces: readonly NamespaceRef[] = all[sent.namespaces] ?? [];
      const container = Object.assign(sent as Omit<SentContainer, 'namespaces' | 'details'>, { namespaces, details });
      this.#containers.push(this.#knownContainers.keep(container));
    });
    this.#details = [];
  }

  #end({ containers, namespaces, notes }: Extract<PictureNews, { news: 'picture' }>): Snapshot {
    const picture = {
      containers: follow(containers, this.#latest.containers, this.#containers),
      namespaces: follow(namespaces, this.#latest.namespaces, this.#namespaces),
      notes,
    };
    this.#containers = [];
    this.#namespaces = [];
    this.#knownContainers.clear();
    this.#knownNamespaces.clear();
    return picture;
  }
}

/** Where nothing is new and nothing is gone, it is the list before. */
function follow<T>(runs: readonly Run[], before: readonly T[], fresh: readonly T[]): readonly T[] {
  const [only] = runs;
  if (runs.length === 1 && only?.[0] === 0 && only[1] === before.length) return before;
  let taken = 0;
  const parts = runs.map(([from, count]) => {
    if (from !== NEW) return before.slice(from, from + count);
    taken += count;
    return fresh.slice(taken - count, taken);
  });
  return ([] as T[]).concat(...parts);
}

const isEqual = <T extends object>(item: T, known: T, beside: readonly (keyof T)[] = []): boolean =>
  isSame(item, known, beside) && isSame(known, item, beside);

const isSameContainer = (item: ReceivedContainer, known: Container): boolean =>
  item.details.isSame(known.details) && isEqual<Container>(item, known, ['details']);

/** Objects by what they are of. */
class Known<T extends object, Received extends T = T> {
  readonly #byKey: Map<string, T>;

  constructor(
    items: readonly T[],
    private readonly keyOf: (item: T) => string,
    private readonly isEqual: (item: Received, known: T) => boolean,
  ) {
    this.#byKey = new Map(items.map((item) => [keyOf(item), item]));
  }

  keep(item: Received): T {
    // After the first picture nothing is known here, and keys would be made for nobody.
    const known = this.#byKey.size === 0 ? undefined : this.#byKey.get(this.keyOf(item));
    return known && this.isEqual(item, known) ? known : item;
  }

  clear(): void {
    this.#byKey.clear();
  }
}
