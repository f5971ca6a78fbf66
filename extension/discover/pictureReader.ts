// What a PictureWriter writes, in that order, to pictures. What did not change stays the same object. Pure.
import { type Container, EMPTY_SNAPSHOT, type Namespace, type Snapshot } from '../model/container';
import { NEW, type PictureNews, type Run, type SentContainer, type SentNamespace } from './pictureNews';
import { ReceivedContainer } from './receivedContainer';
import { ReceivedNamespace } from './receivedNamespace';

const NOTHING = Buffer.alloc(0);

export class PictureReader {
  #latest = EMPTY_SNAPSHOT;
  /** What is kept of those that come next, from a place on. */
  #kept: Buffer = NOTHING;
  #start = 0;
  #containers: Container[] = [];
  #namespaces: Namespace[] = [];
  readonly #knownContainers: Known<Container>;
  readonly #knownNamespaces: Known<Namespace>;

  /** `before`: what was read from another writer; what this one's first picture has in common with it stays the same object. */
  constructor(before: Snapshot) {
    this.#knownContainers = new Known(before.containers, ({ key }) => key);
    this.#knownNamespaces = new Known(before.namespaces, ({ type, inode }) => `${type}:${inode}`);
  }

  /** A line that is a list, as it is known by its first byte. */
  keep(lines: Buffer, start: number): void {
    this.#kept = lines;
    this.#start = start + 1;
  }

  /** Returns the picture that ends with this, and null within one. */
  read(news: PictureNews): Snapshot | null {
    switch (news.news) {
      case 'containers':
        this.#readContainers(news.containers);
        return null;
      case 'namespaces':
        this.#readNamespaces(news.namespaces);
        return null;
      case 'picture':
        this.#latest = this.#end(news);
        return this.#latest;
    }
  }

  #readContainers(containers: readonly SentContainer[]): void {
    containers.forEach((sent) => {
      const container = new ReceivedContainer(sent, this.#kept, this.#start);
      this.#start = container.end + 1;
      this.#containers.push(this.#knownContainers.keep(container));
    });
  }

  #readNamespaces(namespaces: readonly SentNamespace[]): void {
    namespaces.forEach((sent) => {
      const namespace = new ReceivedNamespace(sent, this.#kept, this.#start);
      this.#start = namespace.end + 1;
      this.#namespaces.push(this.#knownNamespaces.keep(namespace));
    });
  }

  #end({ containers, namespaces, notes }: Extract<PictureNews, { news: 'picture' }>): Snapshot {
    const picture = {
      containers: follow(containers, this.#latest.containers, this.#containers),
      namespaces: follow(namespaces, this.#latest.namespaces, this.#namespaces),
      notes,
    };
    this.#kept = NOTHING;
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
  const all = new Array<T>(runs.reduce((sum, [, count]) => sum + count, 0));
  let [to, taken] = [0, 0];
  runs.forEach(([from, count]) => {
    const [list, start] = from === NEW ? [fresh, taken] : [before, from];
    if (from === NEW) taken += count;
    for (let at = start; at < start + count; at++) all[to++] = list[at] as T;
  });
  return all;
}

/** Objects by what they are of. */
class Known<T> {
  readonly #byKey: Map<string, T>;

  constructor(
    items: readonly T[],
    private readonly keyOf: (item: T) => string,
  ) {
    this.#byKey = new Map(items.map((item) => [keyOf(item), item]));
  }

  keep(item: T & { isSame(other: T): boolean }): T {
    // After the first picture nothing is known here, and keys would be made for nobody.
    const known = this.#byKey.size === 0 ? undefined : this.#byKey.get(this.keyOf(item));
    return known && item.isSame(known) ? known : item;
  }

  clear(): void {
    this.#byKey.clear();
  }
}
