// Where engines keep what they know of all their containers, running or not, and what is there. LXC, LXD, Incus,
// systemd-nspawn and Docker have a folder with an entry for each, Podman a storage, containerd a database. Which of them run
// is for stopped.ts.
import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { folderMarks, listFolder } from '../procfs';
import { containerdStored, DATABASE } from './containerd';
import { dockerStored } from './docker';
import { facts, type Facts } from './facts';
import { lxcFacts } from './lxc';
import { podmanStored } from './podman';

export interface Store {
  readonly engine: 'lxc' | 'lxd' | 'incus' | 'nspawn' | 'containerd' | 'docker' | 'podman';
  /** Of the folder, the storage or the database. */
  readonly path: string;
  /** Who must own what is in it. */
  readonly uid: number;
}

const DOCKERS = '/var/lib/docker';

/** Where they are unless somebody said otherwise: root's, and those of a user with this home. */
export function usualStores(user: { uid: number; home: string | null }): Store[] {
  const roots: [Store['engine'], string][] = [
    ['lxc', '/var/lib/lxc'],
    ['lxd', '/var/lib/lxd/containers'],
    ['lxd', '/var/snap/lxd/common/lxd/containers'],
    ['incus', '/var/lib/incus/containers'],
    ['nspawn', '/var/lib/machines'],
    ['containerd', `/var/lib/containerd/${DATABASE}`],
    ['podman', '/var/lib/containers/storage'],
    ['docker', `${DOCKERS}/containers`],
    // With --userns-remap Docker's data is in a folder called after the ids of its root.
    ...listFolder(DOCKERS)
      .filter((name) => /^\d+\.\d+$/.test(name))
      .map((name): ['docker', string] => ['docker', `${DOCKERS}/${name}/containers`]),
    ['docker', '/var/snap/docker/common/var-lib-docker/containers'],
  ];
  const stores = roots.map(([engine, path]): Store => ({ engine, path, uid: 0 }));
  if (user.uid === 0 || user.home === null) return stores;
  const own: [Store['engine'], string][] = [
    ['lxc', 'lxc'],
    ['podman', 'containers/storage'],
    ['docker', 'docker/containers'],
  ];
  return [
    ...stores,
    ...own.map(([engine, path]): Store => ({ engine, path: `${user.home}/.local/share/${path}`, uid: user.uid })),
  ];
}

/** The same as long as nothing in the store has changed. */
export function markOf({ engine, path }: Store): string {
  switch (engine) {
    case 'containerd':
      return folderMarks([dirname(path)]);
    case 'podman':
      // The older one of its databases lies in a folder of its own.
      return folderMarks([path, `${path}/libpod`]);
    default:
      return folderMarks([path]);
  }
}

/** Of one store: there are engines with tens of thousands that ended long ago, and nobody looks through those. */
const MOST = 2_000;

/** The first of them, as many as there is time for; none where it may not be read. */
export function listStore(store: Store, isSpent = () => false): Facts[] {
  const found: Facts[] = [];
  for (const each of containersIn(store)) {
    if (found.length === MOST || isSpent()) break;
    found.push(each);
  }
  return found;
}

function containersIn(store: Store): Iterable<Facts> {
  const { engine, path, uid } = store;
  switch (engine) {
    case 'containerd':
      return containerdStored(path, uid);
    case 'podman':
      return podmanStored(path, uid);
    case 'docker':
      return dockerStored(path, uid);
    default:
      return inFolder(store);
  }
}

function* inFolder(store: Store): Iterable<Facts> {
  for (const entry of listFolder(store.path)) {
    const found = entryFacts(store, entry);
    if (found) yield found;
  }
}

function entryFacts({ engine, path, uid }: Store, entry: string): Facts | null {
  const own = `${path}/${entry}`;
  switch (engine) {
    case 'lxc':
      // Of what else may be there lxc-ls(1) takes nothing for a container either.
      return isOf(uid, `${own}/config`, (file) => file.isFile()) ? facts('lxc', entry, entry) : null;
    case 'lxd':
    case 'incus':
      // A link into the storage pool.
      if (!isOf(uid, own, (file) => file.isSymbolicLink() || file.isDirectory())) return null;
      return lxcFacts({ minder: { kind: 'lxc', engine, name: entry, containers: path }, folder: '/proc/self', uid });
    case 'nspawn':
      return machineFacts(own, entry, uid);
    default:
      return null;
  }
}

/** What machinectl(1) calls an image, from which `machinectl start` makes a container of the same name. */
function machineFacts(path: string, entry: string, uid: number): Facts | null {
  const name = entry.replace(/\.raw$/, '');
  if (entry.startsWith('.') || name === '' || name === 'lost+found') return null;
  const isImage = isOf(uid, path, (file) => (entry.endsWith('.raw') ? file.isFile() : file.isDirectory()));
  return isImage ? facts('nspawn', name, name) : null;
}

function isOf(uid: number, path: string, is: (file: Stats) => boolean): boolean {
  try {
    const file = lstatSync(path);
    return file.uid === uid && is(file);
  } catch {
    return false;
  }
}
