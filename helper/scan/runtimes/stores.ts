// Where engines keep what they know of all their containers, running or not, and what is there. LXC, LXD, Incus and
// systemd-nspawn have a folder with an entry for each, containerd a database. Which of them run is for stopped.ts.
import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { folderMarks, listFolder } from '../procfs';
import { containerdFacts, DATABASE } from './containerd';
import { containerdRecords } from './databases';
import { facts, type Facts } from './facts';
import { lxcFacts } from './lxc';

export interface Store {
  readonly engine: 'lxc' | 'lxd' | 'incus' | 'nspawn' | 'containerd';
  /** Of the folder, or of the database. */
  readonly path: string;
  /** Who must own what is in it. */
  readonly uid: number;
}

/** Where they are unless somebody said otherwise: root's, and LXC's of a user with this home. */
export function usualStores(user: { uid: number; home: string | null }): Store[] {
  const roots: [Store['engine'], string][] = [
    ['lxc', '/var/lib/lxc'],
    ['lxd', '/var/lib/lxd/containers'],
    ['lxd', '/var/snap/lxd/common/lxd/containers'],
    ['incus', '/var/lib/incus/containers'],
    ['nspawn', '/var/lib/machines'],
    ['containerd', `/var/lib/containerd/${DATABASE}`],
  ];
  const stores = roots.map(([engine, path]): Store => ({ engine, path, uid: 0 }));
  if (user.uid === 0 || user.home === null) return stores;
  return [...stores, { engine: 'lxc', path: `${user.home}/.local/share/lxc`, uid: user.uid }];
}

/** The same as long as nothing in the store has changed. */
export function markOf({ engine, path }: Store): string {
  return folderMarks([engine === 'containerd' ? dirname(path) : path]);
}

/** None where it may not be read. */
export function listStore(store: Store): Facts[] {
  if (store.engine === 'containerd') return containerdRecords(store.path, store.uid).map(containerdFacts);
  return listFolder(store.path).flatMap((entry) => entryFacts(store, entry) ?? []);
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
