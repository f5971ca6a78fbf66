// Which user namespace owns a namespace, and which is its parent: asked of the kernel (ioctl_ns(2)). Nothing is joined. As
// far as the caller may see: what lies outside of its own user or pid namespace is not told.
import { fstatSync, openSync, statSync } from 'node:fs';
import { errorCode } from '../errors';
import { NAMESPACE_TYPES, type NamespaceName } from '../namespaceTypes';
import { statusNumbers } from '../procStat';
import { AT_FDCWD, close, inodeOf, O_PATH, openat } from '../syscalls/files';
import {
  namespaceOwner,
  namespaceOwnerUid,
  namespaceParent,
  namespaceTypeOf,
  pidfdAlive,
  pidfdGetfd,
  pidfdOpen,
  socketNetwork,
  socketNetworkCookie,
} from '../syscalls/namespaces';
import { readRecord } from './procfs';

export interface UserNamespace {
  readonly inode: number;
  /** Its parent. */
  readonly owner: UserNamespace | null;
}

export interface Relation {
  readonly owner: UserNamespace | null;
  /** Inode of the parent: of user and pid namespaces alone. */
  readonly parent: number | null;
}

const NONE: Relation = { owner: null, parent: null };

export interface Caller {
  /** The caller's own user namespace, above which nothing is told. */
  readonly top: number | undefined;
  /** The namespace is one of the caller's own, of which the kernel tells no parent: an error takes its time. */
  readonly own: boolean;
}

/** Of a link in /proc/PID/ns. */
export function readRelation(link: string, type: NamespaceName, caller: Caller): Relation {
  return ask(() => openat(AT_FDCWD, link, 0), type, caller);
}

/** The same of what somebody holds: see openHeld(). */
export function readHeldRelation(path: string | Buffer, type: NamespaceName, caller: Caller): Relation {
  return ask(() => openHeld(path), type, caller);
}

/** Nothing is known of one that cannot be opened. */
function ask(open: () => number, type: NamespaceName, { top, own }: Caller): Relation {
  if (own && type === 'user') return NONE;
  try {
    return withDescriptor(open(), (fd) => {
      const owner = userAbove(fd, top);
      if (type === 'user') return { owner, parent: owner?.inode ?? null };
      return { owner, parent: type === 'pid' && !own ? parentOf(fd) : null };
    });
  } catch {
    // It ended meanwhile, or may not be opened.
    return NONE;
  }
}

export interface SocketNetwork {
  readonly inode: number;
  /** Of one of the sockets in it. */
  readonly fd: number;
  readonly relation: Relation;
}

/**
 * The networks that these sockets of a process were made in, each once, but not the `known` one. Each socket is asked
 * through a copy, which is closed at once: the socket goes on as it is, and ends with the process's own descriptors.
 *
 * Only a process of the `trusted` users is asked. Anybody else's may have put a file of a FUSE server of its own in the
 * socket's place by now, whose copy cannot even be closed for as long as that server does not answer.
 */
export function socketNetworks(
  pid: number,
  sockets: readonly number[],
  { known, top, trusted }: { known: number | undefined; top: number | undefined; trusted: readonly number[] },
): SocketNetwork[] {
  const found = new Map<number, SocketNetwork>();
  const asked = new Set<bigint>();
  try {
    withDescriptor(pidfdOpen(pid), (pidfd) => {
      if (!belongsTo(trusted, pid) || !pidfdAlive(pidfd)) return;
      for (const fd of sockets) {
        askSocket(pidfd, fd, asked, (network) => {
          const inode = inodeOf(network);
          if (inode === known || found.has(inode)) return;
          found.set(inode, { inode, fd, relation: { owner: userAbove(network, top), parent: null } });
        });
      }
    });
  } catch {
    // The process ended, or may not be asked; or this kernel has no such calls.
  }
  return [...found.values()];
}

/** By all four of its user ids: whoever has started a set-user-ID program is its real user. */
function belongsTo(users: readonly number[], pid: number): boolean {
  const ids = statusNumbers(readRecord(`/proc/${pid}/status`), 'Uid');
  return ids.length > 0 && ids.every((id) => users.includes(id));
}

/** A process's sockets mostly are of one network: what tells that of them costs a third of opening it for each. */
function askSocket(pidfd: number, fd: number, asked: Set<bigint>, use: (network: number) => void): void {
  try {
    withDescriptor(pidfdGetfd(pidfd, fd), (socket) => {
      const cookie = socketNetworkCookie(socket);
      if (cookie !== null && asked.has(cookie)) return;
      withDescriptor(socketNetwork(socket), use);
      if (cookie !== null) asked.add(cookie);
    });
  } catch (error) {
    // It was closed meanwhile, or is something else by now. Whatever else is wrong is so for all of them.
    if (!['EBADF', 'ENOTTY'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** Type and inode of a namespace that a descriptor or mount holds, or null where it may not be opened. */
export function identifyHeld(path: string): { type: NamespaceName; inode: number } | null {
  try {
    return withDescriptor(openHeld(path), (fd) => {
      const flag = namespaceTypeOf(fd);
      const type = NAMESPACE_TYPES.find((candidate) => candidate.flag === flag);
      return type ? { type: type.name, inode: inodeOf(fd) } : null;
    });
  } catch {
    return null;
  }
}

/**
 * Whoever holds a namespace may put something else in its place at any time: a FIFO, which would keep the scan waiting, or
 * a device. So the file is looked at through a descriptor that opens nothing, and then that very file is opened.
 */
function openHeld(path: string | Buffer): number {
  return withDescriptor(openSync(path, O_PATH), (place) => {
    if (fstatSync(place).dev !== statSync('/proc/self/ns/net').dev) throw new TypeError('not a namespace');
    return openSync(`/proc/self/fd/${place}`, 'r');
  });
}

/** User id of who made a user namespace, or null where it may not be opened. */
export function namespaceCreator(path: string): number | null {
  try {
    return withDescriptor(openSync(path, 'r'), namespaceOwnerUid);
  } catch {
    return null;
  }
}

/** The kernel nests user namespaces 32 deep at most (user_namespaces(7)), so this ends. */
function userAbove(fd: number, top: number | undefined): UserNamespace | null {
  try {
    return withDescriptor(namespaceOwner(fd), (above) => {
      const inode = inodeOf(above);
      return { inode, owner: inode === top ? null : userAbove(above, top) };
    });
  } catch {
    return null;
  }
}

function parentOf(fd: number): number | null {
  try {
    return withDescriptor(namespaceParent(fd), inodeOf);
  } catch {
    return null;
  }
}

function withDescriptor<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}
