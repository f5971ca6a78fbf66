// A group together with what can be said of its namespaces even where their links are locked. Pure: inodes where they are
// known, otherwise hints; and an honest "cannot be told" (null) where neither decides.
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import { isInit, type Group } from './group';
import type { Hint, Hints } from './hints';
import type { ContainedProcess, Host } from './process';

export interface KnownGroup extends Group {
  /** Of the leader. */
  readonly hints: Hints;
  /** Types of which its namespace is known to be another than the host's. */
  readonly own: readonly NamespaceName[];
  /** The systemd unit whose first process is the leader. */
  readonly service: string | null;
}

/** Types of which a process's namespace is known to be another than the host's. */
export function ownTypes(process: ContainedProcess, hints: Hints, host: Host): NamespaceName[] {
  return NAMESPACE_NAMES.filter((type) => {
    const inode = process.inodes[type];
    if (inode !== undefined) return inode !== host.inodes[type];
    if (type === 'pid') return process.pids.length > host.pidDepth;
    return hintOf(hints, type)?.own === true;
  });
}

/** Whether a namespace of one group, not the host's, is the other group's too; null where that cannot be told. */
export function isSame(group: KnownGroup, other: KnownGroup, type: NamespaceName): boolean | null {
  const [inode, otherInode] = [group.leader.inodes[type], other.leader.inodes[type]];
  if (inode !== undefined && otherInode !== undefined) return inode === otherInode;
  // Who is the first process of a pid namespace did not join another's.
  if (type === 'pid') return isInit(group.leader) || !other.own.includes(type) ? false : null;
  const [mark, otherMark] = [hintOf(group.hints, type)?.mark ?? null, hintOf(other.hints, type)?.mark ?? null];
  if (mark === null || otherMark === null) return null;
  if (mark !== otherMark) return false;
  // Two user namespaces can have the same map.
  return type === 'user' ? null : true;
}

/** Whether both lie in the cgroup of one and the same container. */
export function haveSameOwner(group: Group, other: Group): boolean {
  const [owner, otherOwner] = [group.leader.owner, other.leader.owner];
  return owner !== null && owner.engine === otherOwner?.engine && owner.id === otherOwner.id;
}

function hintOf(hints: Hints, type: NamespaceName): Hint | null {
  return type === 'net' || type === 'mnt' || type === 'user' ? hints[type] : null;
}
