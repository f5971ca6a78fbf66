// What keeps namespaces besides their processes: bind mounts of them (ip netns, Docker, CNI) and open descriptors. Reads
// procfs. Not every process is asked, because most of them cannot hold any: see the two filters.
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { KnownGroup } from './known';
import type { Memory } from './memory';
import { parseNamespaceMounts, parseNamespaceName } from './parse';
import type { SeenProcess } from './process';
import { tryDescriptors, tryDevice, tryReadWhole, trySize } from './procfs';
import { identifyHeld } from './relations';

export interface HeldNamespace {
  readonly type: NamespaceName;
  readonly inode: number;
  readonly path: string;
}

export interface HolderSources {
  readonly seen: readonly SeenProcess[];
  readonly groups: readonly KnownGroup[];
  readonly parents: ReadonlyMap<KnownGroup, KnownGroup>;
  readonly memory: Memory;
}

/** Bind mounts first: their paths are what people know. */
export function findHolders(root: string, sources: HolderSources): HeldNamespace[] {
  const { memory, seen } = sources;
  const sealed = sealedGroups(sources);
  const sealedPids = new Set([...sealed].flatMap(({ processes }) => processes.map(({ pid }) => pid)));
  const host = mounted(`${root}/self`, '');
  const known = new Set(host.map(({ inode, path }) => `${inode} ${path}`));
  const elsewhere = mountHolders(sources, sealed).flatMap(({ pid }) => {
    const mounts = memory.recall(pid, 'mounted', () => mounted(`${root}/${pid}`, `/proc/${pid}/root`));
    // A mount namespace begins as a copy of another, its mounts of namespaces included.
    return mounts.filter(({ inode, path }) => !known.has(`${inode} ${path.slice(`/proc/${pid}/root`.length)}`));
  });
  const nsfs = tryDevice('/proc/self/ns/net');
  const found = [...host, ...elsewhere];
  for (const { pid, stat } of seen) {
    if (stat.kernelThread || sealedPids.has(pid)) continue;
    found.push(...memory.recall(pid, 'held', () => held(`${root}/${pid}`, pid, nsfs)));
  }
  return found;
}

/**
 * Containers with a pid namespace of their own and no others inside: an engine that holds namespaces for others is not in
 * such a one. Most containers are, and their files take the kernel a while to write.
 */
function sealedGroups({ groups, parents }: HolderSources): Set<KnownGroup> {
  const outer = new Set(parents.values());
  return new Set(groups.filter((group) => group.own.includes('pid') && !outer.has(group)));
}

/** One process for each mount namespace. */
function mountHolders({ groups }: HolderSources, sealed: ReadonlySet<KnownGroup>): SeenProcess[] {
  const holders = groups.filter((group) => group.own.includes('mnt') && !sealed.has(group));
  return [...new Map(holders.map(({ leader }) => [leader.inodes.mnt, leader])).values()];
}

function mounted(folder: string, prefix: string): HeldNamespace[] {
  const mounts = parseNamespaceMounts(tryReadWhole(`${folder}/mountinfo`)).flatMap(({ name, path }) =>
    heldNamespace(name, `${prefix}${path}`),
  );
  // `ip netns` mounts its folder over itself, and then each mount is there twice.
  return [...new Map(mounts.map((mount) => [`${mount.inode} ${mount.path}`, mount])).values()];
}

/** Standard input, output and error, which hold no namespace. */
const USUAL_DESCRIPTORS = 3;

/** `nsfs` is the device of all namespaces' files. */
function held(folder: string, pid: number, nsfs: number | null): HeldNamespace[] {
  // Since Linux 6.2 the size of this folder is how many there are; before it is 0.
  const count = trySize(`${folder}/fd`);
  if (count === null || (count > 0 && count <= USUAL_DESCRIPTORS)) return [];
  return tryDescriptors(`${folder}/fd`).flatMap(({ fd, link }) => {
    const path = `/proc/${pid}/fd/${fd}`;
    // Opened by a bind mount, it shows the mount's path, or what is left of it: `/`.
    if (link.startsWith('/') && !link.startsWith('/dev/') && !link.startsWith('/memfd:')) {
      return nsfs !== null && tryDevice(path) === nsfs ? openedByMount(path) : [];
    }
    return heldNamespace(link, path);
  });
}

function openedByMount(path: string): HeldNamespace[] {
  const found = identifyHeld(path);
  return found ? [{ ...found, path }] : [];
}

function heldNamespace(name: string, path: string): HeldNamespace[] {
  const found = parseNamespaceName(name);
  const type = NAMESPACE_NAMES.find((candidate) => candidate === found?.type);
  return found && type ? [{ type, inode: found.inode, path }] : [];
}
