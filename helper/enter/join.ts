// Joins pinned namespaces with the calling thread, in the table's order, and checks that each join took.
// `user` and `time` are not for a process with several threads (setns(2)): handOff.ts gives those to nsenter.
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode, HelperError, reason } from '../errors';
import { NAMESPACE_TYPES, namespaceType, type NamespaceName } from '../namespaceTypes';
import { chrootTo, CLONE_FS, namespaceParent, readlinkat, setns, unshare } from '../syscalls';
import { closeSync, fstatSync } from 'node:fs';
import type { PinnedNamespace } from './target';

/** Where the calling thread, or for pid and time its future children, will be. */
const LINK: Record<NamespaceName, string> = {
  cgroup: 'cgroup',
  ipc: 'ipc',
  mnt: 'mnt',
  net: 'net',
  pid: 'pid_for_children',
  time: 'time',
  user: 'user',
  uts: 'uts',
};

/** The inode in `net:[4026531840]`. */
function inodeOf(link: string): number {
  return Number(/\[(\d+)\]$/.exec(link)?.[1]);
}

/** Inode of the caller's own namespace of a type, through a descriptor of the host's /proc. */
export function ownInode(procFd: number, type: NamespaceName): number {
  return inodeOf(readlinkat(procFd, `thread-self/ns/${LINK[type]}`));
}

/** The pinned namespaces that the caller is not in already. Joining one's own user namespace is an error to the kernel. */
export function notYetIn(pinned: readonly PinnedNamespace[], procFd: number): PinnedNamespace[] {
  return pinned.filter((namespace) => ownInode(procFd, namespace.type) !== namespace.inode);
}

/**
 * pid_namespaces(7): only a descendant of the caller's own pid namespace can be joined. Asked before anything is joined,
 * because the kernel says no more than EINVAL.
 */
export function refuseForeignPidNamespace(namespace: PinnedNamespace, procFd: number): void {
  const own = inodeOf(readlinkat(procFd, 'thread-self/ns/pid'));
  let fd = namespace.fd;
  try {
    for (;;) {
      const parent = namespaceParent(fd);
      if (fd !== namespace.fd) closeSync(fd);
      fd = parent;
      if (fstatSync(fd).ino === own) return;
    }
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    throw new HelperError(
      'notPermitted',
      `the pid namespace of ${namespace.source} is not below your own, and only those can be joined; run ns-helper on the host itself, or leave pid out`,
      { cause: error },
    );
  } finally {
    if (fd !== namespace.fd) closeSync(fd);
  }
}

/** Joins in the table's order; mnt last, then the root of the process that mnt was taken from. */
export function joinAll(namespaces: readonly PinnedNamespace[], root: number | null): void {
  for (const { name } of NAMESPACE_TYPES) {
    const namespace = namespaces.find((candidate) => candidate.type === name);
    if (!namespace) continue;
    try {
      // The kernel moves a thread to another mnt namespace only if it shares its root and directory with no other.
      if (name === 'mnt') unshare(CLONE_FS);
      setns(namespace.fd, namespaceType(name).flag);
    } catch (error) {
      throw joinError(namespace, error);
    }
    if (name === 'mnt' && root !== null) chrootTo(root);
  }
}

/** Compares where the caller is now with what was asked for, and names every namespace that did not take. */
export function verifyJoined(namespaces: readonly PinnedNamespace[], procFd: number): void {
  const missed = namespaces.filter((namespace) => ownInode(procFd, namespace.type) !== namespace.inode);
  if (missed.length > 0) {
    const names = missed.map((namespace) => `${namespace.type} of ${namespace.source}`).join(', ');
    throw new HelperError('joinFailed', `the join did not take: ${names}; nothing was started`);
  }
}

/** One line for --verbose: who and where the helper is. The types' links are read through the host's /proc. */
export function describeSelf(procFd: number): string {
  const links = NAMESPACE_TYPES.map(({ name }) => {
    try {
      return readlinkat(procFd, `thread-self/ns/${LINK[name]}`);
    } catch {
      return `${name}:[?]`;
    }
  });
  return `pid ${process.pid} uid ${process.geteuid?.()} gid ${process.getegid?.()} hostname ${hostname()} ${links.join(' ')}`;
}

/** Whether the running kernel has a namespace type at all. */
export function kernelHas(type: NamespaceName): boolean {
  try {
    readlinkSync(`/proc/self/ns/${type}`);
    return true;
  } catch {
    return false;
  }
}

function joinError(namespace: PinnedNamespace, error: unknown): HelperError {
  const what = `the ${namespace.type} namespace of ${namespace.source} cannot be joined`;
  if (errorCode(error) === 'EPERM') {
    const advice = process.geteuid?.() === 0 ? 'root here lacks CAP_SYS_ADMIN over it' : 'start ns-helper with sudo';
    return new HelperError('notPermitted', `${what}: ${reason(error)}; ${advice}`, { cause: error });
  }
  return new HelperError('joinFailed', `${what}: ${reason(error)}`, { cause: error });
}
