// A group together with what can be said of its namespaces even where their links are locked. Pure: inodes where they are
// known, otherwise hints; and an honest "cannot be told" (null) where neither decides.
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { Cgroup, CgroupOwner } from './cgroup';
import { isInit, type Group } from './group';
import type { Hint, Hints } from './hints';
import type { ContainedProcess, Host } from './process';

export interface KnownGroup extends Group {
  /** Of the leader. Read where they are asked for: where the links may be read, hardly ever. */
  readonly hints: () => Hints;
  /** Of the leader: the container that its cgroup names. */
  readonly owner: CgroupOwner | null;
  readonly cgroupPaths: readonly string[];
  /** See ownerKey(). */
  readonly ownerKey: string | null;
  /** Types of which its namespace is known to be another than the host's. */
  readonly own: readonly NamespaceName[];
  /** The systemd unit whose first process is the leader. */
  readonly service: string | null;
}

/** Types of which a process's namespace is known to be another than the host's. */
export function ownTypes(process: ContainedProcess, host: Host): readonly NamespaceName[] {
  if (process.locked.length === 0) return process.own;
  return NAMESPACE_NAMES.filter((type) => {
    const inode = process.inodes[type];
    if (inode !== undefined) return inode !== host.inodes[type];
    if (type === 'pid') return process.pids.length > host.pidDepth;
    return process.clues !== null && hintOf(process.clues.hints, type)?.own === true;
  });
}

/** Whether a namespace of one group, not the host's, is the other group's too; null where that cannot be told. */
export function isSame(group: KnownGroup, other: KnownGroup, type: NamespaceName): boolean | null {
  const inode = group.leader.inodes[type];
  const otherInode = other.leader.inodes[type];
  if (inode !== undefined && otherInode !== undefined) return inode === otherInode;
  // Who is the first process of a pid namespace did not join another's.
  if (type === 'pid') return isInit(group.leader) || !other.own.includes(type) ? false : null;
  const mark = markOf(group, type);
  const otherMark = markOf(other, type);
  if (mark === null || otherMark === null) return null;
  if (mark !== otherMark) return false;
  // Two user namespaces can have the same map.
  return type === 'user' ? null : true;
}

/** Whether both lie in the cgroup of one and the same container. */
export function haveSameOwner(group: KnownGroup, other: KnownGroup): boolean {
  return group.ownerKey !== null && group.ownerKey === other.ownerKey;
}

/**
 * The same for two groups in the cgroup of one container; null outside of all containers' cgroups. A container inside of
 * another may have a name (LXC's, nspawn's) that one outside has too, so the path above the name counts.
 */
export function ownerKey({ owner, paths }: Cgroup): string | null {
  if (!owner) return null;
  const path = paths.find((candidate) => candidate.includes(owner.id)) ?? '';
  return `${owner.engine} ${owner.id} ${path.slice(0, path.indexOf(owner.id))}`;
}

/** What tells one net or mnt namespace from another where its link is locked. */
export function markOf(group: KnownGroup, type: NamespaceName): string | null {
  return hintOf(group.hints(), type)?.mark ?? null;
}

function hintOf(hints: Hints, type: NamespaceName): Hint | null {
  return type === 'net' || type === 'mnt' || type === 'user' ? hints[type] : null;
}
