// A picture to what is sent of it. Pure.
import { type Container, EMPTY_SNAPSHOT, type Namespace, type Snapshot } from '../model/container';
import {
  type KeptLine,
  NEW,
  type PictureNews,
  type RestOfContainer,
  type RestOfNamespace,
  type Run,
  type SentContainer,
  type SentDetails,
  type SentNamespace,
  type SentReference,
} from './pictureNews';

/** They take a tenth of a millisecond to read. */
const MOST_IN_A_PIECE = 64;
/** In characters: then what is kept of them is long enough for a line. One of them may have megabytes. */
const LONG = 65_536;

export class PictureWriter {
  #sent = EMPTY_SNAPSHOT;

  /** All of it has to be sent before the next one is written. */
  *write(snapshot: Snapshot, looks: readonly number[]): Generator<PictureNews | KeptLine, void> {
    const containers = runsOf(this.#sent.containers, snapshot.containers);
    const namespaces = runsOf(this.#sent.namespaces, snapshot.namespaces);
    this.#sent = snapshot;
    for (const piece of inPieces(containers.fresh, keptOfContainer)) {
      yield keptLine(piece);
      yield { news: 'containers', containers: piece.map(sentContainer) };
    }
    for (const piece of inPieces(namespaces.fresh, keptOfNamespace)) {
      yield keptLine(piece);
      yield { news: 'namespaces', namespaces: piece.map(sentNamespace) };
    }
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

/** `kept`: JSON, that is not parsed before somebody asks. */
interface Item<T> {
  readonly item: T;
  readonly kept: readonly string[];
}

function* inPieces<T>(items: readonly T[], keptOf: (item: T) => readonly string[]): Generator<Item<T>[], void> {
  let piece: Item<T>[] = [];
  let length = 0;
  for (const item of items) {
    const kept = keptOf(item);
    piece.push({ item, kept });
    for (const text of kept) length += text.length;
    if (piece.length < MOST_IN_A_PIECE && length < LONG) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}

const keptLine = (piece: readonly Item<unknown>[]): KeptLine => `[${piece.flatMap(({ kept }) => kept).join()}]`;

const lengthOf = (text = ''): number => Buffer.byteLength(text);

function keptOfContainer(container: Container): string[] {
  const { id, engineNamespace, image, composeService, uid, user, rootless, lockedForRoot } = container;
  const namespaces = container.namespaces.map(({ inode, host, sharedWith }): SentReference =>
    sharedWith.length === 0 ? [inode, host] : [inode, host, sharedWith],
  );
  const others = { id, engineNamespace, image, composeService, uid, user, rootless, lockedForRoot };
  const rest: RestOfContainer = { ...others, namespaces };
  const { labels, processes } = container.details;
  const details: SentDetails = [labels, processes];
  return [JSON.stringify(rest), JSON.stringify(details)];
}

function sentContainer({ item, kept: [rest, details] }: Item<Container>): SentContainer {
  const { key, name, engine, state, pid, startTime, composeProject, pod, parentKey } = item;
  const lengths = [lengthOf(rest), lengthOf(details)] as const;
  return [...lengths, key, name, engine, state, pid, startTime, composeProject, pod, parentKey];
}

function keptOfNamespace({ owner, pids, heldBy, containerKeys }: Namespace): string[] {
  const rest: RestOfNamespace = { owner, pids, heldBy, containerKeys };
  return [JSON.stringify(rest)];
}

function sentNamespace({ item: { type, inode, parent, host }, kept: [rest] }: Item<Namespace>): SentNamespace {
  return [lengthOf(rest), type, inode, parent, host];
}
