// What keeps namespaces besides their processes: bind mounts of them (ip netns, Docker, CNI) and open descriptors. Reads
// procfs: of each mount namespace the mounts, as one of its processes sees them, and the descriptors of each process.
import { isUtf8 } from 'node:buffer';
import type { NamespaceName } from '../namespaceTypes';
import { Budget, type Part, SpentError } from './budget';
import { descriptorSources, heldByDescriptors, namespaceOf, type HeldNamespace, withoutListing } from './descriptors';
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
  const { memory, seen, groups, host } = sources;
  const budget = new Budget();
  const unreadable = new Map<number, string>();
  /** What was remembered costs nothing, and what there was no time for is not remembered. */
  const ask = <T>(pid: number, what: string, read: () => Part<T>): readonly T[] => {
    try {
      const { found, cut } = memory.recall(pid, what, read);
      if (cut !== null) unreadable.set(pid, cut);
      return found;
    } catch (error) {
      if (!(error instanceof SpentError)) throw error;
      unreadable.set(pid, 'ETIMEDOUT');
      return [];
    }
  };
  const own = budget.spend((isSpent) => readMounts(`${root}/self`, isSpent)).found;
  const known = new Set(own.map(keyOf));
  const mounted = own.map((mount) => heldByMount(mount, ''));
  const opened: HeldNamespace[] = [];
  const sockets: HeldNamespace[] = [];
  const descriptors = descriptorSources(root, host);

  const askMounts = (leaders: readonly SeenProcess[]): void => {
    for (const { pid } of leaders) {
      const mounts = ask(pid, 'mounted', () => budget.spend((isSpent) => readMounts(`${root}/${pid}`, isSpent)));
      // A mount namespace begins as a copy of another, its mounts of namespaces included.
      for (const mount of mounts) if (!known.has(keyOf(mount))) mounted.push(heldByMount(mount, `/proc/${pid}/root`));
    }
  };
  const askDescriptors = (processes: readonly SeenProcess[]): void => {
    for (const process of processes) {
      const held = ask(
        process.pid,
        'held',
        () =>
          withoutListing(process, descriptors) ??
          budget.spend((isSpent) => heldByDescriptors(process, descriptors, isSpent)),
      );
      // Of most processes there is nothing, and an iterator for that would be made thousands of times.
      if (held.length > 0) for (const each of held) (each.relation ? sockets : opened).push(each);
    }
  };

  const sealed = sealedPids(sources);
  const outside: SeenProcess[] = [];
  const inside: SeenProcess[] = [];
  for (const process of seen)
    if (!process.stat.kernelThread) (sealed.has(process.pid) ? inside : outside).push(process);
  const isSealed = ({ leader }: KnownGroup): boolean => sealed.has(leader.pid);
  askMounts(mountHolders(groups.filter((group) => !isSealed(group))));
  askDescriptors(outside);
  askMounts(mountHolders(groups.filter(isSealed)));
  askDescriptors(inside);
  return { held: [...mounted, ...opened, ...sockets], unreadable };
}

/**
 * Those of containers with a pid namespace of their own and no others inside. An engine that holds namespaces for others is not in such
 * a one, and so these come last: what somebody in there may have made so that it takes long takes no time from the others.
 */
function sealedPids({ groups, parents }: HolderSources): Set<number> {
  const outer = new Set(parents.values());
  const sealed = new Set<number>();
  for (const group of groups) {
    if (!group.own.includes('pid') || outer.has(group)) continue;
    for (const { pid } of group.processes) sealed.add(pid);
  }
  return sealed;
}

/** One process for each mount namespace. Root's come first: what others may have made so that it takes long is left for last. */
function mountHolders(groups: readonly KnownGroup[]): SeenProcess[] {
  const holders = groups.filter(({ own }) => own.includes('mnt'));
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
  const limits = { limit: MOST_BYTES, isSpent };
  // The kernel writes this table in half the time of the other, and most have no mount of that kind.
  const first = tryReadLines(`${folder}/mountstats`, { having: ' with fstype nsfs', ...limits });
  if (first && first.found.length === 0 && first.cut !== 'EFBIG') return { found: [], cut: first.cut };
  const { found, cut } = tryReadLines(`${folder}/mountinfo`, { having: ' - nsfs ', ...limits }) ?? NOTHING;
  const mounts = found.flatMap((line) => {
    const { name, path } = parseNamespaceMount(line);
    const namespace = namespaceOf(name);
    return namespace ? [{ ...namespace, path }] : [];
  });
  // `ip netns` mounts its folder over itself, and then each mount is there twice.
  const once = new Map(mounts.map((mount) => [keyOf(mount), mount]));
  return { found: [...once.values()], cut };
}

const NOTHING: Part<never> = { found: [], cut: null };

const keyOf = ({ inode, path }: Mounted): string => `${inode} ${path.toString('latin1')}`;

function heldByMount({ type, inode, path }: Mounted, prefix: string): HeldNamespace {
  const by = `${prefix}${textOf(path)}`;
  if (isUtf8(path)) return { type, inode, by };
  return { type, inode, by: `bytes ${by}`, path: Buffer.concat([Buffer.from(prefix), path]) };
}
