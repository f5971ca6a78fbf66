// What engines tell of a container in their databases alone: containerd's, and Podman's before version 5 (the later one's is
// of SQLite, which Node 20 cannot read). A few pages are read for one container, and nothing is kept: scans that follow one
// another remember what they were told (memory.ts).
import { readSync } from 'node:fs';
import { readBolt, type Bucket } from './bolt';
import { object, text, texts, withTrusted, type Json } from './trusted';

export interface Recorded {
  image: string | null;
  labels: Record<string, string>;
}

/** containerd's own notes about a container are labels as well. */
const OWN_NOTE = /^io\.(containerd|cri-containerd)\./;

/** As containerd's metadata/buckets.go lays it out: v1, NAMESPACE, containers, ID. */
export function containerdRecord(
  path: string,
  uid: number,
  { namespace, id }: { namespace: string; id: string },
): Recorded | null {
  return look(path, uid, (root) => {
    const container = root.bucket('v1')?.bucket(namespace)?.bucket('containers')?.bucket(id);
    if (!container) return null;
    const labels = container.bucket('labels')?.values() ?? [];
    const texts = labels.map(([key, value]) => [key.toString(), value.toString()] as const);
    return {
      image: text(container.get('image')?.toString()),
      labels: Object.fromEntries(texts.filter(([key]) => !OWN_NOTE.test(key))),
    };
  });
}

/** The name is the present one, also after `podman rename`. As Podman's libpod/boltdb_state.go lays it out. */
export function podmanRecord(
  path: string,
  uid: number,
  id: string,
): (Recorded & { name: string | null; pod: string | null }) | null {
  return look(path, uid, (root) => {
    const container = root.bucket('ctr')?.bucket(id);
    const config = parse(container?.get('config'));
    if (!config) return null;
    const podId = container?.get('pod-id')?.toString();
    const pod = podId === undefined ? null : parse(root.bucket('pod')?.bucket(podId)?.get('config'));
    return {
      name: text(config['name']),
      image: text(config['rootfsImageName']),
      labels: texts(config['labels']),
      pod: text(pod?.['name']),
    };
  });
}

function look<T>(path: string, uid: number, find: (root: Bucket) => T): T | null {
  return withTrusted(path, uid, (fd) =>
    readBolt((offset, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    }, find),
  );
}

function parse(json: Buffer | null | undefined): Json | null {
  return json ? object(JSON.parse(json.toString())) : null;
}
