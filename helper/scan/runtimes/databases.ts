// What engines tell of a container in their databases alone: containerd's and Podman's. A few pages are read for one
// container, and nothing is kept: scans that follow one another remember what they were told (memory.ts).
import { existsSync, readSync } from 'node:fs';
import { readBolt, type Bucket, type ReadAt } from './bolt';
import { readSqlite, textOf } from './sqlite';
import { object, text, texts, withTrusted, type Json } from './trusted';

export interface Recorded {
  image: string | null;
  labels: Record<string, string>;
}

/** containerd's own notes about a container are labels as well. */
const OWN_NOTE = /^io\.(containerd|cri-containerd)\./;
/** That it is a pod's, or the pod itself, is one of them. */
const OF_POD = 'io.cri-containerd.kind';

/** Docker's, which keeps names and labels of its own elsewhere. */
const DOCKERS = 'moby';

/** As containerd's metadata/buckets.go lays it out: v1, NAMESPACE, containers, ID. */
export function containerdRecord(
  path: string,
  uid: number,
  { namespace, id }: { namespace: string; id: string },
): Recorded | null {
  return look(path, uid, (root) => {
    const container = root.bucket('v1')?.bucket(namespace)?.bucket('containers')?.bucket(id);
    return container ? recordedIn(container) : null;
  });
}

export interface ContainerdRecord extends Recorded {
  readonly namespace: string;
  readonly id: string;
  readonly ofPod: boolean;
}

/** Of all namespaces but Docker's. */
export function containerdRecords(path: string, uid: number): ContainerdRecord[] {
  const found = look(path, uid, (root) =>
    (root.bucket('v1')?.buckets() ?? []).flatMap(([namespace, bucket]) =>
      namespace === DOCKERS
        ? []
        : (bucket.bucket('containers')?.buckets() ?? []).map(([id, container]) => ({
            namespace,
            id,
            ofPod: Boolean(container.bucket('labels')?.get(OF_POD)),
            ...recordedIn(container),
          })),
    ),
  );
  return found ?? [];
}

function recordedIn(container: Bucket): Recorded {
  const labels = container.bucket('labels')?.values() ?? [];
  const texts = labels.map(([key, value]) => [key.toString(), value.toString()] as const);
  return {
    image: text(container.get('image')?.toString()),
    labels: Object.fromEntries(texts.filter(([key]) => !OWN_NOTE.test(key))),
  };
}

export interface PodmanRecord extends Recorded {
  /** The present one, also after `podman rename`. */
  name: string | null;
  pod: string | null;
  /** Since when it runs by Podman's own notes (RFC 3339), or null where by these it does not. */
  startedAt: string | null;
}

/** From what is below the storage's `graphroot`: in the database of SQLite, or of bbolt where Podman is from before 4.8. */
export function podmanRecord(graphRoot: string, uid: number, id: string): PodmanRecord | null {
  return (
    podmanRow(`${graphRoot}/db.sql`, uid, id) ??
    look(`${graphRoot}/libpod/bolt_state.db`, uid, (root) => podmanBucket(root, id))
  );
}

/** As Podman's libpod/boltdb_state.go lays it out. */
function podmanBucket(root: Bucket, id: string): PodmanRecord | null {
  const container = root.bucket('ctr')?.bucket(id);
  const config = parse(container?.get('config'));
  const podId = container?.get('pod-id')?.toString();
  const pod = podId === undefined ? null : parse(root.bucket('pod')?.bucket(podId)?.get('config'));
  return config && recordOf(config, { pod: text(pod?.['name']), state: parse(container?.get('state')) });
}

/**
 * As Podman's libpod/sqlite_state_internal.go lays it out: ContainerConfig (ID, Name, PodID, JSON), PodConfig (ID, Name, JSON),
 * ContainerState (ID, State, ExitCode, JSON).
 */
function podmanRow(path: string, uid: number, id: string): PodmanRecord | null {
  const isWritten = (): boolean => existsSync(`${path}-journal`);
  return withTrusted(path, uid, (fd) =>
    readSqlite(readerOf(fd), isWritten, (database) => {
      const [, , podId, config] = database.find('ContainerConfig', id) ?? [];
      const parsed = parse(config);
      const pod = database.find('PodConfig', textOf(podId) ?? '');
      const state = parse(database.find('ContainerState', id)?.[3]);
      return parsed && recordOf(parsed, { pod: textOf(pod?.[1]), state });
    }),
  );
}

/** As libpod/define/containerstate.go counts them: running, paused, stopping. */
const ALIVE: readonly unknown[] = [3, 5, 8];

function recordOf(config: Json, { pod, state }: { pod: string | null; state: Json | null }): PodmanRecord {
  return {
    name: text(config['name']),
    image: text(config['rootfsImageName']),
    labels: texts(config['labels']),
    pod,
    startedAt: ALIVE.includes(state?.['state']) ? text(state?.['startedTime']) : null,
  };
}

function look<T>(path: string, uid: number, find: (root: Bucket) => T): T | null {
  return withTrusted(path, uid, (fd) => readBolt(readerOf(fd), find));
}

function readerOf(fd: number): ReadAt {
  return (offset, length) => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
  };
}

function parse(json: unknown): Json | null {
  return Buffer.isBuffer(json) ? object(JSON.parse(json.toString())) : null;
}
