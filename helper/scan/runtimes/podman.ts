// Containers that conmon minds: Podman's, root's and every user's, and CRI-O's. Its command line has the name; image and
// pod are in files beside the bundle, and all of it with the labels in Podman's database.
import { isWholeId } from '../wholeId';
import { podmanRecord } from './databases';
import { facts, type Facts } from './facts';
import { kubernetesFacts } from './kubernetes';
import type { Minder } from './minder';
import { object, readTrustedJson, readTrustedList, text, texts, type Json } from './trusted';

export interface Conmon {
  readonly minder: Extract<Minder, { kind: 'conmon' }>;
  /** Its folder in /proc. */
  readonly folder: string;
  readonly uid: number;
}

/** `inPod`: whether the container's cgroup lies in a pod's. */
export function conmonFacts({ minder, folder, uid }: Conmon, inPod: boolean): Facts {
  const { engine, id, name, bundle } = minder;
  const found = facts(engine, name, id);
  // STORAGE/DRIVER-containers/ID/userdata
  const containers = /^(\/.+)\/[0-9a-f]{64}\/userdata\/?$/.exec(bundle)?.[1];
  if (containers === undefined || bundle.split('/').includes('..')) return found;
  const storage = `${folder}/root${containers}`;
  const config = readBundle(storage, id, uid);
  if (!config) return found;
  if (engine === 'kubernetes') return kubernetesFacts(config, id) ?? found;
  const recorded = podmanRecord(`${storage}/..`, uid, id);
  if (recorded) return { ...found, ...recorded, name: recorded.name ?? name };
  const entry = readTrustedList(`${storage}/containers.json`, uid).find((candidate) => candidate['id'] === id);
  return {
    ...found,
    image: imageOf(entry),
    pod: podOf(config, { storage, uid, infra: inPod || name.endsWith('-infra') }),
  };
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
