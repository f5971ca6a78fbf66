// Docker's containers: name, image and labels from config.v2.json. Where Docker keeps that (--data-root, userns-remap,
// rootless) shows in the bundle, into which files of the same folder are mounted.
import { listFolder } from '../procfs';
import { isWholeId, shortId } from '../wholeId';
import { facts, type Facts } from './facts';
import { isSinceBoot, object, readTrustedJson, text, texts, type Json } from './trusted';

/** `folder` is the shim's in /proc: paths in the bundle are as the shim sees them. */
export function dockerFacts(bundle: Json, id: string, folder: string, uid: number): Facts {
  const root = dataRoot(bundle);
  if (root === null) return facts('docker', shortId(id), id);
  const store = `${root}/containers`;
  const state = readState(`${folder}/root${store}`, id, uid);
  return { ...(state ? describe(state, id) : facts('docker', shortId(id), id)), store };
}

/** All in the folder `containers` of an engine's data, but for what runs where this scan does not see it. */
export function* dockerStored(store: string, uid: number): Iterable<Facts> {
  for (const id of listFolder(store)) {
    const state = isWholeId(id) ? readState(store, id, uid) : null;
    const ran = object(state?.['State']);
    if (state && !(ran?.['Running'] === true && isSinceBoot(ran['StartedAt']))) yield describe(state, id);
  }
}

/** Null where the engine tells nothing of it there. */
function readState(store: string, id: string, uid: number): Json | null {
  return readTrustedJson(`${store}/${id}/config.v2.json`, uid);
}

function describe(state: Json, id: string): Facts {
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
