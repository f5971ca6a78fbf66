// Containers that conmon minds: Podman's, root's and every user's, and CRI-O's. Its command line has the name; image and
// pod are in files beside the bundle, and all of it with the labels in Podman's database.
import { listFolder } from '../procfs';
import { isWholeId, shortId } from '../wholeId';
import { podmanRecord, type PodmanRecord } from './databases';
import { facts, type Facts } from './facts';
import { kubernetesFacts } from './kubernetes';
import type { Minder } from './minder';
import { isSinceBoot, object, readTrustedJson, readTrustedList, text, texts, type Json } from './trusted';

export interface Conmon {
  readonly minder: Extract<Minder, { kind: 'conmon' }>;
  /** Its folder in /proc. */
  readonly folder: string;
  readonly uid: number;
}

/** `inPod`: whether the container's cgroup lies in a pod's. */
export function conmonFacts({ minder, folder, uid }: Conmon, inPod: boolean): Facts {
  const { engine, id, name, bundle } = minder;
  const unknown = facts(engine, name, id);
  // STORAGE/DRIVER-containers/ID/userdata
  const [, store, containers] = /^(\/.+)\/([^/]+)\/[0-9a-f]{64}\/userdata\/?$/.exec(bundle) ?? [];
  if (store === undefined || containers === undefined || bundle.split('/').includes('..')) return unknown;
  const storage = `${folder}/root${store}/${containers}`;
  const config = readBundle(storage, id, uid);
  if (!config) return unknown;
  if (engine === 'kubernetes') return kubernetesFacts(config, id) ?? unknown;
  const found = { ...unknown, store };
  const recorded = podmanRecord(`${storage}/..`, uid, id);
  if (recorded) return recordedFacts(found, recorded);
  const entry = readTrustedList(`${storage}/containers.json`, uid).find((candidate) => candidate['id'] === id);
  return {
    ...found,
    image: imageOf(entry),
    pod: podOf(config, { storage, uid, infra: inPod || name.endsWith('-infra') }),
  };
}

/**
 * All in a storage (`graphroot`), but for what runs where this scan does not see it. Buildah and CRI-O keep theirs there too,
 * of which Podman has no record.
 */
export function* podmanStored(store: string, uid: number): Iterable<Facts> {
  const folders = listFolder(store).filter((name) => name.endsWith('-containers'));
  const lists = folders.flatMap((name) => CONTAINER_LISTS.map((list) => `${store}/${name}/${list}`));
  const ids = new Set(lists.flatMap((path) => readTrustedList(path, uid).map((entry) => text(entry['id']) ?? '')));
  for (const id of ids) {
    const recorded = isWholeId(id) ? podmanRecord(store, uid, id) : null;
    if (recorded && !isSinceBoot(recorded.startedAt)) yield recordedFacts(facts('podman', shortId(id), id), recorded);
  }
}

/** Of containers/storage; those of the second are removed once they end. */
const CONTAINER_LISTS = ['containers.json', 'volatile-containers.json'];

function recordedFacts(found: Facts, { name, image, labels, pod }: PodmanRecord): Facts {
  return { ...found, name: name ?? found.name, image, labels, pod };
}

function readBundle(storage: string, id: string, uid: number): Json | null {
  return isWholeId(id) ? readTrustedJson(`${storage}/${id}/userdata/config.json`, uid) : null;
}

function imageOf(entry: Json | undefined): string | null {
  try {
    return text(object(JSON.parse(text(entry?.['metadata']) ?? ''))?.['image-name']);
  } catch {
    return null;
  }
}

/** A pod's name is the host name of its infra container, to which the others' annotations point. */
function podOf(config: Json, { storage, uid, infra }: { storage: string; uid: number; infra: boolean }): string | null {
  const sandbox = texts(config['annotations'])['io.kubernetes.cri-o.SandboxID'];
  if (sandbox !== undefined) return text(readBundle(storage, sandbox, uid)?.['hostname']);
  return infra ? text(config['hostname']) : null;
}
