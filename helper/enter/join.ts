// Joins pinned namespaces with the calling thread, in the table's order, and checks that each join took.
// `user` and `time` are not for a process with several threads (setns(2)): ways.ts gives those to a joiner.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { errorCode, HelperError, quote, reason } from '../errors';
import { NAMESPACE_TYPES, namespaceType, type NamespaceName } from '../namespaceTypes';
import { chrootTo, O_PATH, readlinkat } from '../syscalls/files';
import { CAP_SYS_ADMIN, hasCapability } from '../syscalls/identity';
import {
  CLONE_FS,
  hostname as ownHostname,
  namespaceOwner,
  namespaceOwnerUid,
  namespaceParent,
  setns,
  unshare,
} from '../syscalls/namespaces';
import { linkOf } from './links';
import type { OpenNamespace } from './state';

/** The inode in `net:[4026531840]`. */
function inodeOf(link: string): number {
  return Number(/\[(\d+)\]$/.exec(link)?.[1]);
}

/** Inode of the caller's own namespace of a type, through a descriptor of the host's /proc. */
function ownInode(procFd: number, type: NamespaceName): number {
  return inodeOf(readlinkat(procFd, linkOf(type)));
}

/** Whether the caller is in a namespace. Joining one's own user namespace is an error to the kernel. */
export function isIn(namespace: OpenNamespace, procFd: number): boolean {
  return ownInode(procFd, namespace.type) === namespace.inode;
}

/**
 * The `namespaces` that are still to be joined. If another root directory comes with the mount namespace (`takesRoot`), that
 * namespace is among them even if we are in it already.
 */
export function stillToJoin<T extends OpenNamespace>(
  namespaces: readonly T[],
  takesRoot: boolean,
  procFd: number,
): T[] {
  return namespaces.filter((namespace) => (takesRoot && namespace.type === 'mnt') || !isIn(namespace, procFd));
}

/** Whether an open directory is not our own root directory: it is elsewhere, or on another mount. */
export function isAnotherRoot(directory: number): boolean {
  const own = openSync('/', O_PATH | constants.O_DIRECTORY);
  try {
    return placeOf(directory) !== placeOf(own);
  } finally {
    closeSync(own);
  }
}

/** Mount and inode, as the kernel has them (proc_pid_fdinfo(5)). A filesystem of a container's own (FUSE) may answer nobody outside. */
function placeOf(fd: number): string {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  const [mount, inode] = ['mnt_id', 'ino'].map((key) => new RegExp(`^${key}:\\s*(\\d+)$`, 'm').exec(info)?.[1]);
  // Before Linux 5.14 only the filesystem tells.
  return `${mount} ${inode ?? fstatSync(fd).ino}`;
}

/** Whether a namespace is owned by the user namespace that we are in. */
export function isOwnedHere(namespace: OpenNamespace, procFd: number): boolean {
  try {
    const owner = namespaceOwner(namespace.fd);
    try {
      return fstatSync(owner).ino === ownInode(procFd, 'user');
    } finally {
      closeSync(owner);
    }
  } catch {
    return false; // EPERM: its owner lies outside of what we may see
  }
}

/**
 * Whether a namespace is owned by the user namespace `owner` or by one below it, so that root of `owner` may join it
 * (user_namespaces(7)).
 */
export function isOwnedBelow(namespace: OpenNamespace, owner: OpenNamespace): boolean {
  try {
    return climb(namespaceOwner(namespace.fd), owner.inode);
  } catch {
    return false; // EPERM: its owner lies outside of what we may see
  }
}

/**
 * The user namespace that owns a namespace, where that is above `user` and below our own; null where it is one of these two, or where we
 * may not see it.
 */
export function ownerAbove(namespace: OpenNamespace, user: OpenNamespace, procFd: number): OpenNamespace | null {
  const outside = [user.inode, ownInode(procFd, 'user')];
  try {
    const owner = namespaceOwner(namespace.fd);
    const inode = fstatSync(owner).ino;
    if (!outside.includes(inode) && isBelow(user, inode))
      return { ...namespace, type: 'user', fd: owner, inode, source: `the maker of ${namespace.source}` };
    closeSync(owner);
  } catch {
    // EPERM: it lies outside of what we may see.
  }
  return null;
}

function isBelow(user: OpenNamespace, owner: number): boolean {
  return climb(namespaceParent(user.fd), owner);
}

/** Follows the parents of the namespace at `fd`, which is closed, until one is `inode`; throws past the last one. */
function climb(fd: number, inode: number): true {
  for (;;) {
    let parent: number;
    try {
      if (fstatSync(fd).ino === inode) return true;
      parent = namespaceParent(fd);
    } finally {
      closeSync(fd);
    }
    fd = parent;
  }
}

/**
 * pid_namespaces(7): only a descendant of the caller's own pid namespace can be joined. Asked before anything is joined,
 * because the kernel says no more than EINVAL.
 */
export function refuseForeignPidNamespace(namespace: OpenNamespace, procFd: number): void {
  const own = inodeOf(readlinkat(procFd, 'thread-self/ns/pid'));
  try {
    climb(namespaceParent(namespace.fd), own);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    throw new HelperError(
      'notPermitted',
      `the pid namespace of ${namespace.source} is not below your own, and only those can be joined; run ns-helper on the host itself, or leave pid out`,
      { cause: error },
    );
  }
}

/**
 * user_namespaces(7): a user namespace can be joined by who has CAP_SYS_ADMIN over it, which is the root of one above, or who made it
 * or one between that and their own. Asked before it is joined, for which the kernel says no more than EPERM.
 */
export function refuseForeignUserNamespace(namespace: OpenNamespace, procFd: number): void {
  let owner: number;
  try {
    owner = ownerBelow(namespace.fd, ownInode(procFd, 'user'));
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    throw new HelperError(
      'notPermitted',
      `the user namespace of ${namespace.source} is not below your own, and only those can be joined; run ns-helper on the host itself, or leave user out`,
      { cause: error },
    );
  }
  const uid = process.geteuid?.();
  if (owner === uid || hasCapability(CAP_SYS_ADMIN)) return;
  throw new HelperError(
    'notPermitted',
    `the user namespace of ${namespace.source} belongs to uid ${owner}, and only that user (you are uid ${uid}) or root can join it; start ns-helper with sudo`,
  );
}

/** Who made the one, among a user namespace and those above it, that lies right below the one with the inode `above`. */
function ownerBelow(fd: number, above: number): number {
  const parent = namespaceParent(fd);
  try {
    return fstatSync(parent).ino === above ? namespaceOwnerUid(fd) : ownerBelow(parent, above);
  } finally {
    closeSync(parent);
  }
}

/** Joins in the table's order; mnt last, then the root of the process that mnt was taken from. */
export function joinAll(namespaces: readonly OpenNamespace[], root: number | null): void {
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
export function verifyJoined(namespaces: readonly OpenNamespace[], procFd: number): void {
  const missed = namespaces.filter((namespace) => !isIn(namespace, procFd));
  if (missed.length > 0) {
    const names = missed.map((namespace) => `${namespace.type} of ${namespace.source}`).join(', ');
    throw new HelperError('joinFailed', `the join did not take effect: ${names}; nothing was started`);
  }
}

export interface Who {
  pid: number | string;
  uid: number | undefined;
  gid: number | undefined;
  hostname: string;
}

/** One line for --verbose: who and where the helper is. */
export const describeSelf = (procFd: number): string =>
  [describeWho(self()), ...NAMESPACE_TYPES.map(({ name }) => ownLink(name, procFd))].join(' ');

export const describeWho = ({ pid, uid, gid, hostname }: Who): string =>
  `pid ${pid} uid ${uid} gid ${gid} hostname ${hostname}`;

const self = (): Who => ({
  pid: process.pid,
  uid: process.geteuid?.(),
  gid: process.getegid?.(),
  hostname: hostName(),
});

function ownLink(name: NamespaceName, procFd: number): string {
  try {
    return readlinkat(procFd, linkOf(name));
  } catch {
    return `${name}:[?]`;
  }
}

function joinError(namespace: OpenNamespace, error: unknown): HelperError {
  const what = `the ${namespace.type} namespace of ${namespace.source} cannot be joined`;
  if (errorCode(error) === 'EPERM') {
    const advice = process.geteuid?.() === 0 ? 'root here lacks CAP_SYS_ADMIN over it' : 'start ns-helper with sudo';
    return new HelperError('notPermitted', `${what}: ${reason(error)}; ${advice}`, { cause: error });
  }
  return new HelperError('joinFailed', `${what}: ${reason(error)}`, { cause: error });
}

export const hostName = (): string => shownHostName(ownHostname());

/** Of a joined uts namespace it is the container's word: quoted where it is no name that a terminal shows as it is. */
export const shownHostName = (name: string): string => (/^[\w.-]+$/.test(name) ? name : quote(name));
