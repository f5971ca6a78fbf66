// What keeps namespaces besides their processes: bind mounts of them (ip netns, Docker, CNI) and open descriptors. Reads
// procfs. Not every process is asked, because most of them cannot hold any: see the two filters.
import { isUtf8 } from 'node:buffer';
import type { NamespaceName } from '../namespaceTypes';
import { Budget, type Part, SpentError } from './budget';
import { descriptorSources, heldByDescriptors, namespaceOf, type HeldNamespace } from './descriptors';
import type { KnownGroup } from './known';
import type { Memory } from './memory';
import { parseNamespaceMount, textOf } from './parse';
import type { Host, SeenProcess } from './process';
import { tryReadLines } from './procfs';

/** Of one table of mounts: a machine with thousands of containers has less. */
const MOST_BYTES = 4 << 20;

export interface HolderSources {
  readonly seen: readonly SeenProcess[];
  readonly groups: readonly KnownGroup[];
  readonly parents: ReadonlyMap<KnownGroup, KnownGroup>;
  readonly host: Host;
  readonly memory: Memory;
}

export interface Holders {
  /** Bind mounts first, since their paths are what people know; and what cannot be opened last. */
  readonly held: readonly HeldNamespace[];
  /** Why of a process not all was read, by pid. */
  readonly unreadable: ReadonlyMap<number, string>;
}

export function findHolders(root: string, sources: HolderSources): Holders {
  const { memory, seen, host } = sources;
  const budget = new Budget();
  const unreadable = new Map<number, string>();
  /** What was remembered costs nothing, and what there was no time for is not remembered. */
  const ask = <T>(pid: number, what: string, read: (isSpent: () => boolean) => Part<T>): readonly T[] => {
    try {
      const { found, cut } = memory.recall(pid, what, () => budget.spend(read));
      if (cut !== null) unreadable.set(pid, cut);
      return found;
    } catch (error) {
      if (!(error instanceof SpentError)) throw error;
      unreadable.set(pid, 'ETIMEDOUT');
      return [];
    }
  };
  const sealed = sealedGroups(sources);
  const sealedPids = new Set<number>();
  for (const { processes } of sealed) for (const { pid } of processes) sealedPids.add(pid);
  const own = budget.spend((isSpent) => readMounts(`${root}/self`, isSpent)).found;
  const held = own.map((mount) => heldByMount(mount, ''));
  const known = new Set(own.map(keyOf));
  for (const { pid } of mountHolders(sources, sealed)) {
    const mounts = ask(pid, 'mounted', (isSpent) => readMounts(`${root}/${pid}`, isSpent));
    // A mount namespace begins as a copy of another, its mounts of namespaces included.
    const others = mounts.filter((mount) => !known.has(keyOf(mount)));
    held.push(...others.map((mount) => heldByMount(mount, `/proc/${pid}/root`)));
  }
  const descriptors = descriptorSources(root, host);
  const sockets: HeldNamespace[] = [];
  for (const process of seen) {
    if (process.stat.kernelThread || sealedPids.has(process.pid)) continue;
    for (const each of ask(process.pid, 'held', (isSpent) => heldByDescriptors(process, descriptors, isSpent))) {
      (each.relation ? sockets : held).push(each);
    }
  }
  return { held: [...held, ...sockets], unreadable };
}

/**
 * Containers with a pid namespace of their own and no others inside: an engine that holds namespaces for others is not in
 * such a one. Most containers are, and their files take the kernel a while to write.
 */
function sealedGroups({ groups, parents }: HolderSources): Set<KnownGroup> {
  const outer = new Set(parents.values());
  return new Set(groups.filter((group) => group.own.includes('pid') && !outer.has(group)));
}

/** One process for each mount namespace. Root's come first: what others may have made so that it takes long is left for last. */
function mountHolders({ groups }: HolderSources, sealed: ReadonlySet<KnownGroup>): SeenProcess[] {
  const holders = groups.filter((group) => group.own.includes('mnt') && !sealed.has(group));
  const notRoots = ({ leader }: KnownGroup): number => Number(leader.uid !== 0);
  const found = new Map<number | undefined, SeenProcess>();
  for (const { leader } of holders.sort((a, b) => notRoots(a) - notRoots(b))) {
    if (!found.has(leader.inodes.mnt)) found.set(leader.inodes.mnt, leader);
  }
  return [...found.values()];
}

/** A bind mount of a namespace, where the process that has it sees it. */
interface Mounted {
  readonly type: NamespaceName;
  readonly inode: number;
  readonly path: Buffer;
}

function readMounts(folder: string, isSpent: () => boolean): Part<Mounted> {
  const { found, cut } = tryReadLines(`${folder}/mountinfo`, { having: ' - nsfs ', limit: MOST_BYTES, isSpent });
  const mounts = found.flatMap((line) => {
    const { name, path } = parseNamespaceMount(line);
    const namespace = namespaceOf(name);
    return namespace ? [{ ...namespace, path }] : [];
  });
  // `ip netns` mounts its folder over itself, and then each mount is there twice.
  const once = new Map(mounts.map((mount) => [keyOf(mount), mount]));
  return { found: [...once.values()], cut };
}

const keyOf = ({ inode, path }: Mounted): string => `${inode} ${path.toString('latin1')}`;

function heldByMount({ type, inode, path }: Mounted, prefix: string): HeldNamespace {
  const by = `${prefix}${textOf(path)}`;
  if (isUtf8(path)) return { type, inode, by };
  return { type, inode, by: `bytes ${by}`, path: Buffer.concat([Buffer.from(prefix), path]) };
}
