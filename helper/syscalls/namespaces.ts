// Processes held fast by a pidfd, and namespaces by their descriptors: pidfd_open(2), setns(2), ioctl_ns(2).
import { check, declare, koffi, syscall } from './libc';

const c = {
  gethostname: declare('int gethostname(void *name, size_t size)'),
  getsockopt: declare('int getsockopt(int fd, int level, int option, void *value, void *length)'),
  ioctl: declare('int ioctl(int fd, unsigned long op, ...)'),
  poll: declare('int poll(void *fds, unsigned long nfds, int timeout)'),
  setns: declare('int setns(int fd, int nstype)'),
  syscall,
  unshare: declare('int unshare(int flags)'),
};

// Numbers from <asm-generic/unistd.h>: the same on every architecture since they came after the tables were unified.
const SYS_PIDFD_OPEN = 434;

const SYS_PIDFD_GETFD = 438;

/** setns(2). `nstype` is never 0, so that the kernel itself refuses another type. */
export function setns(fd: number, nstype: number): void {
  check('setns', c.setns(fd, nstype));
}

export const CLONE_FS = 0x200;
export const CLONE_NEWNS = 0x20000;

/** gethostname(2), of the uts namespace that this thread is in. */
export function hostname(): string {
  const name = Buffer.alloc(256); // HOST_NAME_MAX is 64
  check('gethostname', c.gethostname(name, name.length - 1));
  return name.toString('utf8', 0, name.indexOf(0));
}

/** unshare(2). */
export function unshare(flags: number): void {
  check('unshare', c.unshare(flags));
}

/** pidfd_open(2), Linux 5.3. A descriptor that no other process can ever stand behind; close-on-exec. */
export function pidfdOpen(pid: number): number {
  return check('pidfd_open', c.syscall(SYS_PIDFD_OPEN, 'int', pid, 'unsigned int', 0));
}

/**
 * Whether the process behind a pidfd still runs: it becomes readable once the process has ended, zombies included. Waits
 * up to `timeoutMs` for the end.
 */
export function pidfdAlive(pidfd: number, timeoutMs = 0): boolean {
  const POLLIN = 1;
  const pollfd = Buffer.alloc(8);
  pollfd.writeInt32LE(pidfd, 0);
  pollfd.writeInt16LE(POLLIN, 4);
  const result = c.poll(pollfd, 1, timeoutMs);
  // A signal came in between; poll(2) is never restarted (signal(7)).
  if (result < 0 && koffi().errno() === koffi().os.errno['EINTR']) return pidfdAlive(pidfd, timeoutMs);
  return check('poll', result) === 0;
}

const NS_GET_USERNS = 0xb701;
const NS_GET_PARENT = 0xb702;
const NS_GET_NSTYPE = 0xb703;

/** ioctl_ns(2): the CLONE_NEW* flag of the namespace behind `fd`. ENOTTY where it is no namespace. */
export function namespaceTypeOf(fd: number): number {
  return check('ioctl(NS_GET_NSTYPE)', c.ioctl(fd, NS_GET_NSTYPE));
}

/** ioctl_ns(2): a descriptor of the parent (user, pid). EPERM where that lies outside of the caller's own. */
export function namespaceParent(fd: number): number {
  return check('ioctl(NS_GET_PARENT)', c.ioctl(fd, NS_GET_PARENT));
}

/** ioctl_ns(2): a descriptor of the user namespace that owns this one. EPERM where that lies outside of the caller's own. */
export function namespaceOwner(fd: number): number {
  return check('ioctl(NS_GET_USERNS)', c.ioctl(fd, NS_GET_USERNS));
}

const NS_GET_OWNER_UID = 0xb704;

/** ioctl_ns(2): who made the user namespace behind `fd`, as a user id in the caller's own. */
export function namespaceOwnerUid(fd: number): number {
  const uid = Buffer.alloc(4);
  check('ioctl(NS_GET_OWNER_UID)', c.ioctl(fd, NS_GET_OWNER_UID, 'void *', uid));
  return uid.readUInt32LE();
}

/** pidfd_getfd(2), Linux 5.6: a copy of another process's descriptor; close-on-exec. */
export function pidfdGetfd(pidfd: number, fd: number): number {
  return check('pidfd_getfd', c.syscall(SYS_PIDFD_GETFD, 'int', pidfd, 'int', fd, 'unsigned int', 0));
}

/** ioctl(2), SIOCGSKNS of <linux/sockios.h>: a descriptor of the network namespace that a socket was made in. */
export function socketNetwork(socket: number): number {
  const SIOCGSKNS = 0x894c;
  return check('ioctl(SIOCGSKNS)', c.ioctl(socket, SIOCGSKNS));
}

const cookieBuffer = Buffer.alloc(8);
const cookieLength = Buffer.from(Uint32Array.of(8).buffer);

/** getsockopt(2), SO_NETNS_COOKIE of Linux 5.14: one number for each network namespace. Null where the kernel has none. */
export function socketNetworkCookie(socket: number): bigint | null {
  const SOL_SOCKET = 1;
  const SO_NETNS_COOKIE = 71;
  const result = c.getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, cookieBuffer, cookieLength);
  return result < 0 ? null : cookieBuffer.readBigUInt64LE();
}
