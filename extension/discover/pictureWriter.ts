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

/** Of a list: they take a tenth of a millisecond to read. */
const AT_A_TIME = 64;

export class PictureWriter {
  #sent = EMPTY_SNAPSHOT;

  /** All of it has to be sent before the next one is written. */
  *write(snapshot: Snapshot, looks: readonly number[]): Generator<PictureNews | KeptLine, void> {
    const containers = runsOf(this.#sent.containers, snapshot.containers);
    const namespaces = runsOf(this.#sent.namespaces, snapshot.namespaces);
    this.#sent = snapshot;
    for (const some of atATime(containers.fresh, AT_A_TIME)) {
      const kept = some.flatMap((container) => [JSON.stringify(restOf(container)), detailsOf(container)]);
      yield `[${kept.join()}]`;
      const lengthAt = (place: number): number => Buffer.byteLength(kept[place] ?? '');
      const containers = some.map((container, at) => sentContainer(container, lengthAt(2 * at), lengthAt(2 * at + 1)));
      yield { news: 'containers', containers };
    }
    for (const some of atATime(namespaces.fresh, AT_A_TIME)) {
      const kept = some.map((namespace) => JSON.stringify(restOfNamespace(namespace)));
      yield `[${kept.join()}]`;
      yield {
        news: 'namespaces',
        namespaces: some.map((each, at) => sentNamespace(each, Buffer.byteLength(kept[at] ?? ''))),
      };
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

function* atATime<T>(items: readonly T[], count: number): Generator<readonly T[], void> {
  for (let first = 0; first < items.length; first += count) yield items.slice(first, first + count);
}

function restOf(container: Container): RestOfContainer {
  const { id, engineNamespace, image, composeService, uid, user, rootless, lockedForRoot, namespaces } = container;
  const references = namespaces.map(({ inode, host, sharedWith }): SentReference =>
    sharedWith.length === 0 ? [inode, host] : [inode, host, sharedWith],
  );
  return {
    id,
    engineNamespace,
    image,
    composeService,
    uid,
    user,
    rootless,
    lockedForRoot,
    namespaces: references,
  };
}

const detailsOf = ({ details: { labels, processes } }: Container): string =>
  JSON.stringify([labels, processes] satisfies SentDetails);

const sentContainer = (container: Container, restLength: number, detailsLength: number): SentContainer => {
  const { key, name, engine, state, pid, startTime, composeProject, pod, parentKey } = container;
  return [restLength, detailsLength, key, name, engine, state, pid, startTime, composeProject, pod, parentKey];
};

const sentNamespace = ({ type, inode, parent, host }: Namespace, restLength: number): SentNamespace => [
  restLength,
  type,
  inode,
  parent,
  host,
];

const restOfNamespace = ({ owner, pids, heldBy, containerKeys }: Namespace): RestOfNamespace => {
  return { owner, pids, heldBy, containerKeys };
};
