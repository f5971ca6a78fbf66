// Containers that a shim of containerd minds: Docker's, nerdctl's, ctr's, and Kubernetes' pods. The shim's working
// directory is the bundle of its first container (OCI runtime specification), and those of the others lie beside it. A link
// in there leads to where this containerd keeps its database.
import { readlinkSync } from 'node:fs';
import { shortId } from '../wholeId';
import { containerdRecord, containerdRecords, type Recorded } from './databases';
import { kubernetesFacts, labelledFacts } from './kubernetes';
import { dockerFacts } from './docker';
import { facts, type Facts } from './facts';
import type { Minder } from './minder';
import { readTrusted, readTrustedJson, texts } from './trusted';

/** Below the root folder of a containerd. */
export const DATABASE = 'io.containerd.metadata.v1.bolt/meta.db';

export interface Shim {
  readonly minder: Extract<Minder, { kind: 'shim' }>;
  /** Its folder in /proc. */
  readonly folder: string;
  readonly uid: number;
}

/**
 * `pids` are those of the container's first process in each pid namespace, one of which is the shim's. `cgroupId` is what
 * the cgroup says. Without the right to look into the shim's folder, that and its command line are all there is.
 */
export function shimFacts(shim: Shim, pids: readonly number[], cgroupId: string | null): Facts | null {
  const { minder, folder, uid } = shim;
  const engine = engineOf(minder.namespace);
  for (const id of new Set([minder.id, cgroupId ?? minder.id])) {
    // An id becomes part of a path.
    if (!/^[\w.-]+$/.test(id) || id === '.' || id === '..') continue;
    const bundle = `${folder}/cwd/../${id}`;
    const init = Number(readTrusted(`${bundle}/init.pid`, uid) ?? NaN);
    const config = pids.includes(init) ? readTrustedJson(`${bundle}/config.json`, uid) : null;
    if (!config) continue;
    if (engine === 'docker') return dockerFacts(config, id, folder, uid);
    const recorded = recordOf(bundle, { namespace: minder.namespace, id, folder, uid });
    // What ctr and nerdctl are given as labels are annotations of the bundle too.
    const labels = recorded?.labels ?? texts(config['annotations']);
    const found = kubernetesFacts(config, id) ?? namedFacts(minder.namespace, id, labels);
    return recorded ? { ...found, ...recorded, image: recorded.image ?? found.image } : found;
  }
  const id = engine === 'kubernetes' ? cgroupId : minder.id;
  if (id === null) return null;
  const engineNamespace = engine === 'containerd' ? minder.namespace : null;
  return { ...facts(engine, shortId(id), id), engineNamespace };
}

/** All in a database, whether they run or not, but for Docker's. */
export function containerdStored(store: string, uid: number): Facts[] {
  return containerdRecords(store, uid).map(({ namespace, id, ofPod, image, labels }) => ({
    ...(ofPod ? labelledFacts(labels, id) : namedFacts(namespace, id, labels)),
    image,
  }));
}

/** nerdctl calls its containers by a label. */
function namedFacts(namespace: string, id: string, labels: Record<string, string>): Facts {
  const name = labels['nerdctl/name'] ?? shortId(id);
  return { ...facts('containerd', name, id), engineNamespace: namespace, labels };
}

function engineOf(namespace: string): string {
  return namespace === 'moby' ? 'docker' : namespace === 'k8s.io' ? 'kubernetes' : 'containerd';
}

/** Of the containerd whose shim this is, as the shim sees it; null without the right to look. */
export function databaseOf(bundle: string): string | null {
  try {
    // ROOT/io.containerd.runtime.v2.task/NAMESPACE/ID
    const root = /^(\/.+)\/[^/]+\/[^/]+\/[^/]+$/.exec(readlinkSync(`${bundle}/work`))?.[1];
    return root === undefined || root.split('/').includes('..') ? null : `${root}/${DATABASE}`;
  } catch {
    return null;
  }
}

function recordOf(
  bundle: string,
  { namespace, id, folder, uid }: { namespace: string; id: string; folder: string; uid: number },
): Recorded | null {
  const database = databaseOf(bundle);
  return database === null ? null : containerdRecord(`${folder}/root${database}`, uid, { namespace, id });
}
