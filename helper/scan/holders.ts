// What keeps namespaces besides their processes: bind mounts of them (ip netns, Docker, CNI) and open descriptors. Reads
// procfs. Not every process is asked, because most of them cannot hold any: see the two filters.
import { descriptorSources, heldByDescriptors, heldNamespace, type HeldNamespace } from './descriptors';
import type { KnownGroup } from './known';
import type { Memory } from './memory';
import { parseNamespaceMounts } from './parse';
import type { Host, SeenProcess } from './process';
import { tryReadWhole } from './procfs';

export interface HolderSources {
  readonly seen: readonly SeenProcess[];
  readonly groups: readonly KnownGroup[];
  readonly parents: ReadonlyMap<KnownGroup, KnownGroup>;
  readonly host: Host;
  readonly memory: Memory;
}

/** Bind mounts first, since their paths are what people know; and what cannot be opened last. */
export function findHolders(root: string, sources: HolderSources): HeldNamespace[] {
  const { memory, seen, host } = sources;
  const sealed = sealedGroups(sources);
  const sealedPids = new Set<number>();
  for (const { processes } of sealed) for (const { pid } of processes) sealedPids.add(pid);
  const found = mounted(tryReadWhole(`${root}/self/mountinfo`), '');
  const known = new Set(found.map(({ inode, by }) => `${inode} ${by}`));
  for (const { pid } of mountHolders(sources, sealed)) {
    const mounts = memory.recall(pid, 'mounted', () =>
      mounted(tryReadWhole(`${root}/${pid}/mountinfo`), `/proc/${pid}/root`),
    );
    // A mount namespace begins as a copy of another, its mounts of namespaces included.
    found.push(...mounts.filter(({ inode, by }) => !known.has(`${inode} ${by.slice(`/proc/${pid}/root`.length)}`)));
  }
  const descriptors = descriptorSources(root, host);
  const sockets: HeldNamespace[] = [];
  for (const process of seen) {
    if (process.stat.kernelThread || sealedPids.has(process.pid)) continue;
    for (const held of memory.recall(process.pid, 'held', () => heldByDescriptors(process, descriptors))) {
      (held.relation ? sockets : found).push(held);
    }
  }
  return [...found, ...sockets];
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

function mounted(mountinfo: string, prefix: string): HeldNamespace[] {
  const mounts = parseNamespaceMounts(mountinfo).flatMap(({ name, path }) => heldNamespace(name, `${prefix}${path}`));
  // `ip netns` mounts its folder over itself, and then each mount is there twice.
  return [...new Map(mounts.map((mount) => [`${mount.inode} ${mount.by}`, mount])).values()];
}
