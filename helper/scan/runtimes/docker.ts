// Docker's containers: name, image and labels from config.v2.json. Where Docker keeps that (--data-root, userns-remap,
// rootless) shows in the bundle, into which files of the same folder are mounted.
import { listFolder } from '../procfs';
import { isWholeId, shortId } from '../wholeId';
import { facts, type Facts } from './facts';
import { object, readTrustedJson, text, texts, type Json } from './trusted';

/** `folder` is the shim's in /proc: paths in the bundle are as the shim sees them. */
export function dockerFacts(bundle: Json, id: string, folder: string, uid: number): Facts {
  const root = dataRoot(bundle);
  if (root === null) return facts('docker', shortId(id), id);
  const store = `${root}/containers`;
  return { ...(storedFacts(`${folder}/root${store}`, id, uid) ?? facts('docker', shortId(id), id)), store };
}

/** All in the folder `containers` of an engine's data, whether they run or not. */
export function* dockerStored(store: string, uid: number): Iterable<Facts> {
  for (const id of listFolder(store)) {
    const found = isWholeId(id) ? storedFacts(store, id, uid) : null;
    if (found) yield found;
  }
}

/** Null where the engine tells nothing of it there. */
function storedFacts(store: string, id: string, uid: number): Facts | null {
  const state = readTrustedJson(`${store}/${id}/config.v2.json`, uid);
  if (!state) return null;
  const found = facts('docker', shortId(id), id);
  const config = object(state['Config']);
  return {
    ...found,
    // Written as a path, from the time of linked containers.
    name: text(state['Name'])?.replace(/^\//, '') ?? found.name,
    image: text(config?.['Image']),
    labels: texts(config?.['Labels']),
    state: object(state['State'])?.['Paused'] === true ? 'paused' : 'running',
  };
}

/** The mounted files may be those of another container, whose network this one shares; the root folder is its own. */
function dataRoot(bundle: Json): string | null {
  const mounts = Array.isArray(bundle['mounts']) ? (bundle['mounts'] as unknown[]) : [];
  const sources = mounts.map((mount) => text(object(mount)?.['source']) ?? '');
  const candidates = sources.map((source) => /^(\/.*)\/containers\/[0-9a-f]{64}\/[^/]+$/.exec(source)?.[1]);
  const rootfs = text(object(bundle['root'])?.['path']) ?? '';
  const root =
    candidates.find(Boolean) ?? /^(\/.*)\/(overlay2|fuse-overlayfs|btrfs|zfs|vfs|rootfs)\//.exec(rootfs)?.[1];
  return root === undefined || root.split('/').includes('..') ? null : root;
}
