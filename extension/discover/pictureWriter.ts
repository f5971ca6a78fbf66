// A picture to what is sent of it. Pure.
import { type Container, EMPTY_SNAPSHOT, type NamespaceRef, type Snapshot } from '../model/container';
import { NEW, type PictureNews, type Run, type SentDetails } from './pictureNews';

/** What runs takes a quarter of a millisecond to parse. */
const CONTAINERS_AT_A_TIME = 32;
const NAMESPACES_AT_A_TIME = 128;

export class PictureWriter {
  #sent = EMPTY_SNAPSHOT;

  /** All of it has to be sent before the next one is written. */
  *write(snapshot: Snapshot, looks: readonly number[]): Generator<PictureNews | SentDetails, void> {
    const containers = runsOf(this.#sent.containers, snapshot.containers);
    const namespaces = runsOf(this.#sent.namespaces, snapshot.namespaces);
    this.#sent = snapshot;
    for (const some of atATime(containers.fresh, CONTAINERS_AT_A_TIME)) {
      for (const { details } of some) yield [details.labels, details.processes];
      yield containersNews(some);
    }
    for (const some of atATime(namespaces.fresh, NAMESPACES_AT_A_TIME)) yield { news: 'namespaces', namespaces: some };
    yield {
      news: 'picture',
      containers: containers.runs,
      namespaces: namespaces.runs,
      notes: snapshot.notes,
      looks,
    };
  }
}

/** What did not change is the same object as before. */
function runsOf<T>(before: readonly T[], now: readonly T[]): { readonly runs: Run[]; readonly fresh: T[] } {
  const places = new Map(before.map((item, place) => [item, place]));
  const runs: [number, number][] = [];
  const fresh: T[] = [];
  for (const item of now) {
    const place = places.get(item) ?? NEW;
    if (place === NEW) fresh.push(item);
    const last = runs.at(-1);
    if (last && place === (last[0] === NEW ? NEW : last[0] + last[1])) last[1]++;
    else runs.push([place, 1]);
  }
  return { runs, fresh };
}

function* atATime<T>(items: readonly T[], count: number): Generator<readonly T[], void> {
  for (let first = 0; first < items.length; first += count) yield items.slice(first, first + count);
}

function containersNews(containers: readonly Container[]): PictureNews {
  const references = new Places<NamespaceRef>();
  const lists = new Places<string>();
  const sent = containers.map((container) => {
    const list = container.namespaces.map((reference) => references.of(reference));
    return { ...container, namespaces: lists.of(JSON.stringify(list)), details: null };
  });
  return {
    news: 'containers',
    containers: sent,
    lists: lists.all.map((list) => JSON.parse(list) as number[]),
    references: references.all,
  };
}

/** Each item once, in the order in which they came. */
class Places<T> {
  readonly #places = new Map<T, number>();

  of(item: T): number {
    const place = this.#places.get(item) ?? this.#places.size;
    this.#places.set(item, place);
    return place;
  }

  get all(): T[] {
    return [...this.#places.keys()];
  }
}
