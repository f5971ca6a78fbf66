// The only place that talks to koffi. Thin wrappers over libc, named as in the man pages; every one throws SyscallError.
// All act on the calling thread or process; callers stay on the main thread (see helper/README.md, "One thread").
import { closeSync, constants as fsConstants, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type * as Koffi from 'koffi';
import { SyscallError } from './errors';
import { statusNumbers } from './procStat';

// koffi's native file itself, copied beside the bundle: koffi's own loader costs ten times what the file does. A helper that
// was started again finds it at a descriptor: `resume STATE KOFFI`, see enter/again.ts.
const [verb, , handed = ''] = process.argv.slice(2);
const isHanded = verb === 'resume' && /^[0-9]+$/.test(handed);
export const koffiFile = isHanded ? `/proc/self/fd/${handed}` : join(__dirname, 'koffi.node');
const koffi = loadKoffi();
const libc = koffi.load(null);

function loadKoffi(): typeof Koffi {
  // What require() does for such a file, which it would have to find by its name.
  const native: { exports: unknown } = { exports: {} };
  process.dlopen(native, koffiFile);
  return native.exports as typeof Koffi;
}

type Call = (...args: unknown[]) => number;
const declare = (prototype: string): Call => libc.func(prototype) as Call;

const syscall = declare('long syscall(long number, ...)');

/** From <asm/unistd.h>, of calls from before all architectures had one table; for those that there are packages for. */
const NUMBERS = {
  x64: { statx: 332, rtSigaction: 13 },
  arm64: { statx: 291, rtSigaction: 134 },
  arm: { statx: 397, rtSigaction: 174 },
};
const numbers = NUMBERS[process.arch as keyof typeof NUMBERS];

const c = {
  _exit: declare('void _exit(int code)'),
  chroot: declare('int chroot(const char *path)'),
  close: declare('int close(int fd)'),
  clone: declare('int clone(void *fn, void *stack, int flags, intptr_t arg)'),
  execve: declare('int execve(const char *path, void *argv, void *envp)'),
  fchdir: declare('int fchdir(int fd)'),
  fcntl: declare('int fcntl(int fd, int op, ...)'),
  getpgid: declare('int getpgid(int pid)'),
  getsockopt: declare('int getsockopt(int fd, int level, int option, void *value, void *length)'),
  getgrouplist: declare('int getgrouplist(const char *user, unsigned int group, void *groups, void *ngroups)'),
  memfd_create: declare('int memfd_create(const char *name, unsigned int flags)'),
  openat: declare('int openat(int dirfd, const char *path, int flags, ...)'),
  socket: declare('int socket(int domain, int type, int protocol)'),
  ioctl: declare('int ioctl(int fd, unsigned long op, ...)'),
  mount: declare(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  ),
  poll: declare('int poll(void *fds, unsigned long nfds, int timeout)'),
  posix_spawn: declare(
    'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, void *argv, void *envp)',
  ),
  posix_spawnattr_init: declare('int posix_spawnattr_init(void *attributes)'),
  posix_spawnattr_setflags: declare('int posix_spawnattr_setflags(void *attributes, short flags)'),
  posix_spawnattr_setsigdefault: declare('int posix_spawnattr_setsigdefault(void *attributes, void *signals)'),
  posix_spawnattr_setsigmask: declare('int posix_spawnattr_setsigmask(void *attributes, void *signals)'),
  prctl: declare('int prctl(int op, ...)'),
  // Limits of 64 bits, as below; on 32-bit machines prlimit() itself takes half as many.
  prlimit: declare(
    `int ${koffi.sizeof('long') === 4 ? 'prlimit64' : 'prlimit'}(int pid, int resource, void *new_limit, void *old_limit)`,
  ),
  read: declare('long read(int fd, void *buf, size_t count)'),
  readlinkat: declare('long readlinkat(int dirfd, const char *path, void *buf, size_t size)'),
  setfsgid: declare('int setfsgid(unsigned int gid)'),
  setfsuid: declare('int setfsuid(unsigned int uid)'),
  setgroups: declare('int setgroups(size_t size, void *list)'),
  setns: declare('int setns(int fd, int nstype)'),
  setresgid: declare('int setresgid(unsigned int r, unsigned int e, unsigned int s)'),
  setresuid: declare('int setresuid(unsigned int r, unsigned int e, unsigned int s)'),
  signal: declare('intptr_t signal(int signum, intptr_t handler)'),
  sigprocmask: declare('int sigprocmask(int how, void *set, void *old)'),
  // By its number: musl has the function since 1.2.5 only, and VS Code runs on 1.2.3.
  statx: (dirfd: number, path: string, flags: number, mask: number, buffer: Buffer) =>
    syscall(numbers.statx, 'int', dirfd, 'const char *', path, 'int', flags, 'unsigned int', mask, 'void *', buffer),
  syscall,
  umount2: declare('int umount2(const char *target, int flags)'),
  waitpid: declare('int waitpid(int pid, void *status, int options)'),
  unshare: declare('int unshare(int flags)'),
  capset: declare('int capset(void *header, void *data)'),
};

function check(name: string, result: number): number {
  if (result < 0) throw new SyscallError(name, koffi.errno());
  return result;
}

// Numbers from <asm-generic/unistd.h>: the same on every architecture since they came after the tables were unified.
const SYS_PIDFD_OPEN = 434;
const SYS_CLOSE_RANGE = 436;
const SYS_OPENAT2 = 437;
const SYS_PIDFD_GETFD = 438;

/** setns(2). `nstype` is never 0, so that the kernel itself refuses another type. */
export function setns(fd: number, nstype: number): void {
  check('setns', c.setns(fd, nstype));
}

export const CLONE_FS = 0x200;
export const CLONE_NEWNS = 0x20000;

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
  if (result < 0 && koffi.errno() === constants.errno.EINTR) return pidfdAlive(pidfd, timeoutMs);
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

/** openat(2), close-on-exec. */
export function openat(dirfd: number, path: string, flags: number): number {
  const O_CLOEXEC = 0o2000000;
  return check('openat', c.openat(dirfd, path, flags | O_CLOEXEC));
}

/** memfd_create(2): a file without a name, not close-on-exec. */
export function memfd(name: string): number {
  return check('memfd_create', c.memfd_create(name, 0));
}

// ---- mounts

export const MS_RDONLY = 0x1;
export const MS_NOSUID = 0x2;
export const MS_NODEV = 0x4;
export const MS_NOEXEC = 0x8;
export const MS_BIND = 0x1000;
export const MS_REC = 0x4000;
export const MS_PRIVATE = 0x40000;
export const MS_SLAVE = 0x80000;
export const MNT_DETACH = 2;

/** mount(2). */
export function mount(source: string, target: string, type: string, flags: number, data = ''): void {
  check('mount', c.mount(source, target, type, flags, data));
}

/** umount2(2). */
export function unmount(target: string, flags: number): void {
  check('umount2', c.umount2(target, flags));
}

/** Sets an interface's flags to up (netdevice(7)), in the network namespace of the calling thread. */
export function setInterfaceUp(name: string): void {
  const AF_INET = 2;
  const SOCK_DGRAM_CLOEXEC = 0o2000002;
  const SIOCSIFFLAGS = 0x8914;
  const IFF_UP = 1;
  const request = Buffer.alloc(40); // struct ifreq
  request.write(name, 0, 15, 'latin1');
  request.writeInt16LE(IFF_UP, 16);
  const socket = check('socket', c.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0));
  try {
    check('ioctl(SIOCSIFFLAGS)', c.ioctl(socket, SIOCSIFFLAGS, 'void *', request));
  } finally {
    closeSync(socket);
  }
}

/** openat2(2), Linux 5.6, with `dirfd` taken as the root: no link, absolute or by `..`, leads out of it. */
export function openInRoot(dirfd: number, path: string, flags: number): number {
  const RESOLVE_NO_MAGICLINKS = 0x02;
  const RESOLVE_IN_ROOT = 0x10;
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT), 16);
  return check(
    'openat2',
    c.syscall(SYS_OPENAT2, 'int', dirfd, 'const char *', path, 'void *', how, 'size_t', how.length),
  );
}

const linkBuffer = Buffer.alloc(256);

/** readlinkat(2), for links that are short, such as those of /proc/PID/ns. */
export function readlinkat(dirfd: number, path: string): string {
  const length = check('readlinkat', c.readlinkat(dirfd, path, linkBuffer, linkBuffer.length));
  return linkBuffer.toString('utf8', 0, length);
}

const O_PATH = 0o10000000;
/** In place of a folder's descriptor: paths are looked up as in open(2). */
export const AT_FDCWD = -100;

/** open(2) of a folder, only to reach what is in it; close-on-exec. */
export function openFolder(path: string): number {
  return openat(AT_FDCWD, path, O_PATH | fsConstants.O_DIRECTORY);
}

/** The first bytes of a file below a folder, into `buffer`; returns how many. One read(2), as records of procfs take. */
export function readAt(folder: number, name: string, buffer: Buffer, limit: number): number {
  const fd = openat(folder, name, 0);
  const count = c.read(fd, buffer, limit);
  const errno = koffi.errno();
  c.close(fd);
  if (count < 0) throw new SyscallError('read', errno);
  return count;
}

const statxBuffer = Buffer.alloc(256);

export interface FileStat {
  /** One number for each device. */
  device: number;
  size: number;
  inode: number;
  /** When it was changed last, in milliseconds since 1970. */
  changed: number;
}

/**
 * statx(2) of what a path leads to, in less time than Node's stat takes. No file server is asked (AT_STATX_DONT_SYNC), so
 * one that hangs keeps nobody waiting.
 */
export function statAt(dirfd: number, path: string): FileStat {
  const AT_STATX_DONT_SYNC = 0x4000;
  const STATX_SIZE_INODE_CTIME = 0x200 | 0x100 | 0x80;
  check('statx', c.statx(dirfd, path, AT_STATX_DONT_SYNC, STATX_SIZE_INODE_CTIME, statxBuffer));
  return {
    device: statxBuffer.readUInt32LE(136) * 2 ** 20 + statxBuffer.readUInt32LE(140),
    size: statxBuffer.readUIntLE(40, 6),
    inode: statxBuffer.readUIntLE(32, 6),
    changed: statxBuffer.readUIntLE(96, 6) * 1e3 + statxBuffer.readUInt32LE(104) / 1e6,
  };
}

/** close(2). */
export function close(fd: number): void {
  c.close(fd);
}

/** fchdir(2). */
export function fchdir(fd: number): void {
  check('fchdir', c.fchdir(fd));
}

/** fchdir(2), then chroot(2) to it. */
export function chrootTo(fd: number): void {
  fchdir(fd);
  check('chroot', c.chroot('.'));
}

// ---- identity

export function setgroups(groups: readonly number[]): void {
  check('setgroups', c.setgroups(groups.length, Buffer.from(new Uint32Array(groups).buffer)));
}
export function setresgid(gid: number): void {
  check('setresgid', c.setresgid(gid, gid, gid));
}
export function setresuid(uid: number): void {
  check('setresuid', c.setresuid(uid, uid, uid));
}

/** getgrouplist(3): the groups that the user database gives a user, `gid` among them. */
export function getgrouplist(user: string, gid: number): number[] {
  const MAX_GROUPS = 65536; // NGROUPS_MAX
  const list = Buffer.alloc(MAX_GROUPS * 4);
  const count = Buffer.alloc(4);
  count.writeInt32LE(MAX_GROUPS);
  check('getgrouplist', c.getgrouplist(user, gid, list, count));
  return Array.from({ length: count.readInt32LE() }, (_, index) => list.readUInt32LE(index * 4));
}

koffi.struct('passwd', {
  pw_name: 'char *',
  pw_passwd: 'char *',
  pw_uid: 'uint32_t',
  pw_gid: 'uint32_t',
  pw_gecos: 'char *',
  pw_dir: 'char *',
  pw_shell: 'char *',
});
export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

const getpwuid = libc.func('passwd *getpwuid(uint32_t uid)') as (uid: number) => unknown;
const getpwnam = libc.func('passwd *getpwnam(const char *name)') as (name: string) => unknown;

/** getpwuid(3). Null for an id that the user database does not know. */
export function userByUid(uid: number): Account | null {
  return account(getpwuid(uid));
}

/** getpwnam(3). Null for a name that the user database does not know. */
export function userByName(name: string): Account | null {
  return account(getpwnam(name));
}

function account(found: unknown): Account | null {
  if (!found) return null;
  const entry = koffi.decode(found, 'passwd') as Record<'pw_name' | 'pw_dir' | 'pw_shell', string> &
    Record<'pw_uid' | 'pw_gid', number>;
  return { name: entry.pw_name, uid: entry.pw_uid, gid: entry.pw_gid, home: entry.pw_dir, shell: entry.pw_shell };
}

/** getgroups(2), by proc_pid_status(5): Node's own adds the group id, whether it is among them or not. */
export const ownGroups = (): number[] => statusNumbers(readFileSync('/proc/thread-self/status', 'utf8'), 'Groups');

/**
 * Runs `action` with file access judged as someone else (setfsuid(2)), and takes it back. Without their groups, what is
 * open to root's group would still be open. The ids are of the calling thread alone, which is the one that node:fs's sync
 * functions run on.
 */
export function withFileAccessOf<T>(
  who: { uid: number; gid: number; groups: readonly number[] | null },
  action: () => T,
): T {
  const INVALID = 0xffffffff; // asks for the present id without changing it; setfsuid has no error return
  const [oldUid, oldGid] = [c.setfsuid(INVALID), c.setfsgid(INVALID)];
  // Who is not root acts for nobody but themselves, and may not set groups.
  const oldGroups = process.geteuid?.() === 0 && who.groups ? ownGroups() : null;
  try {
    if (oldGroups && who.groups) setgroups(who.groups);
    c.setfsgid(who.gid);
    c.setfsuid(who.uid);
    if (c.setfsuid(INVALID) !== who.uid || c.setfsgid(INVALID) !== who.gid) throw new SyscallError('setfsuid', 1);
    return action();
  } finally {
    c.setfsuid(oldUid);
    c.setfsgid(oldGid);
    if (oldGroups) setgroups(oldGroups);
  }
}

const PR_SET_PDEATHSIG = 1;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_DUMPABLE = 4;
const PR_SET_KEEPCAPS = 8;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

const prctl = (op: number, a: number, b = 0): number =>
  c.prctl(op, 'unsigned long', a, 'unsigned long', b, 'unsigned long', 0, 'unsigned long', 0);

/** prctl(2), PR_SET_DUMPABLE 0: no process without CAP_SYS_PTRACE over us may trace us or read our /proc entries. */
export function setNotDumpable(): void {
  check('prctl(PR_SET_DUMPABLE)', prctl(PR_SET_DUMPABLE, 0));
}

/** Capabilities survive the next setresuid(2) of this thread. */
export function keepCapabilities(): void {
  check('prctl(PR_SET_KEEPCAPS)', prctl(PR_SET_KEEPCAPS, 1));
}

/** The kernel sends `signal` when the parent ends. Cleared by a change of identity, so it is set after that. */
export function setParentDeathSignal(signal: number): void {
  check('prctl(PR_SET_PDEATHSIG)', prctl(PR_SET_PDEATHSIG, signal));
}

/** No program executed from now on gains rights, by set-user-ID or file capabilities (prctl(2)). */
export function setNoNewPrivileges(): void {
  check('prctl(PR_SET_NO_NEW_PRIVS)', prctl(PR_SET_NO_NEW_PRIVS, 1));
}

/** Drops from the bounding set (capabilities(7)) every capability that is not in `mask`. */
export function limitBoundingSet(mask: bigint): void {
  const LAST = 63;
  for (let capability = 0; capability <= LAST; capability++) {
    if ((mask >> BigInt(capability)) & 1n) continue;
    // EINVAL: beyond the last one that this kernel knows.
    if (prctl(PR_CAPBSET_DROP, capability) < 0 && koffi.errno() !== koffi.os.errno['EINVAL']) {
      throw new SyscallError('prctl(PR_CAPBSET_DROP)', koffi.errno());
    }
  }
}

export const CAP_SYS_CHROOT = 18;
export const CAP_SYS_ADMIN = 21;

/** capset(2): permitted, effective and inheritable become exactly `capabilities`; so does the ambient set. */
export function setCapabilities(capabilities: readonly number[]): void {
  const mask = capabilities.reduce((bits, capability) => bits | (1n << BigInt(capability)), 0n);
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x20080522, 0); // _LINUX_CAPABILITY_VERSION_3
  const data = Buffer.alloc(24);
  for (const half of [0, 1]) {
    const bits = Number((mask >> BigInt(32 * half)) & 0xffffffffn);
    for (const set of [0, 1, 2]) data.writeUInt32LE(bits, half * 12 + set * 4);
  }
  check('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL));
  check('capset', c.capset(header, data));
  for (const capability of capabilities) {
    check('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability));
  }
}

/**
 * reboot(2) by a child in the pid namespace that this process has joined: its init is ended, with SIGHUP (restart) or
 * SIGINT (halt) as its parent sees it. In the initial one, which the caller has to rule out, it would be the machine.
 * clone(2) starts the child right in the C library's function, on a stack of its own, while this process stands still: it
 * executes nothing, and is gone before a process in there could do much with it.
 */
export function rebootJoinedPidNamespace(action: 'restart' | 'halt'): void {
  const LINUX_REBOOT_CMD_RESTART = 0x01234567;
  const LINUX_REBOOT_CMD_HALT = 0xcdef0123 | 0;
  const CLONE_VM = 0x100;
  const CLONE_VFORK = 0x4000;
  const RTLD_DEFAULT = null;
  const reboot = declare('void *dlsym(void *handle, const char *symbol)')(RTLD_DEFAULT, 'reboot');
  const stack = Buffer.alloc(64 * 1024);
  // It grows downwards.
  const top = stack.subarray(stack.length - 1024);
  const command = action === 'restart' ? LINUX_REBOOT_CMD_RESTART : LINUX_REBOOT_CMD_HALT;
  const child = check('clone', c.clone(reboot, top, CLONE_VM | CLONE_VFORK | constants.signals.SIGCHLD, command));
  // Sharing our memory, the child has left its errno in ours.
  const errno = koffi.errno();
  const status = Buffer.alloc(4);
  check('waitpid', c.waitpid(child, status, 0));
  // Where it succeeds, reboot(2) does not return, and the child ends with the namespace.
  if (status.readInt32LE() >> 8 !== 0) throw new SyscallError('reboot', errno);
}

// ---- what exec hands on

const RLIMIT_NOFILE = 7;

/** prlimit(2): the soft limit of open files, no higher than the hard one. Node raises its own to that at start. */
export function setSoftOpenFileLimit(soft: number): void {
  const limit = Buffer.alloc(16);
  check('prlimit', c.prlimit(0, RLIMIT_NOFILE, null, limit));
  const hard = limit.readBigUInt64LE(8);
  limit.writeBigUInt64LE(BigInt(soft) < hard ? BigInt(soft) : hard, 0);
  check('prlimit', c.prlimit(0, RLIMIT_NOFILE, limit, null));
}

/** prlimit(2) of this process. Null: no limit. To raise the hard one takes CAP_SYS_RESOURCE. */
export function setLimit(resource: number, soft: number | null, hard: number | null): void {
  const RLIM_INFINITY = 0xffffffffffffffffn;
  const limit = Buffer.alloc(16);
  [soft, hard].forEach((value, index) =>
    limit.writeBigUInt64LE(value === null ? RLIM_INFINITY : BigInt(value), index * 8),
  );
  check('prlimit', c.prlimit(0, resource, limit, null));
}

const F_SETFD = 2;
const FD_CLOEXEC = 1;

export function keepOnExec(fd: number): void {
  check('fcntl(F_SETFD)', c.fcntl(fd, F_SETFD, 'int', 0));
}
export function closeOnExec(fd: number): void {
  check('fcntl(F_SETFD)', c.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC));
}

/** close_range(2), Linux 5.11 for the flag: every descriptor from 3 on is closed by the next exec. */
export function closeAllOnExec(): void {
  const CLOSE_RANGE_CLOEXEC = 4;
  check(
    'close_range',
    c.syscall(SYS_CLOSE_RANGE, 'unsigned int', 3, 'unsigned int', 0xffffffff, 'unsigned int', CLOSE_RANGE_CLOEXEC),
  );
}

/** Signal dispositions and mask as a shell would hand them on: Node ignores SIGPIPE and SIGXFSZ, and exec keeps that. */
export function restoreSignals(): void {
  const SIGPIPE = 13;
  const SIGXFSZ = 25;
  const SIG_DFL = 0;
  const SIG_SETMASK = 2;
  for (const signal of [SIGPIPE, SIGXFSZ]) c.signal(signal, SIG_DFL);
  // musl ignores signal 34 for good once ids were changed, and its signal(3) refuses to set it back; to a command that is
  // not musl's it is SIGRTMIN. The kernel's own call takes a struct of zeros for SIG_DFL, and the size of a mask.
  const action = Buffer.alloc(32);
  check('rt_sigaction', c.syscall(numbers.rtSigaction, 'int', 34, 'void *', action, 'void *', null, 'size_t', 8));
  check('sigprocmask', c.sigprocmask(SIG_SETMASK, Buffer.alloc(128), null));
}

/** execve(2). Returns only by throwing. Strings are handed over as bytes, so that no encoding changes them. */
export function execve(path: string, argv: readonly Buffer[], env: readonly Buffer[]): never {
  c.execve(path, stringVector(argv), stringVector(env));
  throw new SyscallError('execve', koffi.errno());
}

/**
 * posix_spawn(3): forks and executes in C, which takes no thread of this process along; works in a process that has joined
 * a pid namespace. Signals are handed on as a shell would; strings as bytes. Returns the pid, as this process sees it.
 */
export function posixSpawn(path: string, argv: readonly Buffer[], env: readonly Buffer[]): number {
  const POSIX_SPAWN_SETSIGDEF = 4;
  const POSIX_SPAWN_SETSIGMASK = 8;
  const attributes = Buffer.alloc(1024); // posix_spawnattr_t has 336 bytes in glibc and musl
  c.posix_spawnattr_init(attributes);
  c.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  c.posix_spawnattr_setsigdefault(attributes, Buffer.alloc(128, 0xff));
  c.posix_spawnattr_setsigmask(attributes, Buffer.alloc(128));
  const pid = Buffer.alloc(4);
  const errno = c.posix_spawn(pid, path, null, attributes, stringVector(argv), stringVector(env));
  if (errno !== 0) throw new SyscallError('posix_spawn', errno);
  return pid.readInt32LE();
}

export type WaitResult = { exited: number } | { killedBy: number } | { stoppedBy: number };

/** waitpid(2) without waiting. Null where nothing has happened to the child. */
export function pollChild(pid: number): WaitResult | null {
  const WNOHANG = 1;
  const WUNTRACED = 2;
  const buffer = Buffer.alloc(4);
  if (check('waitpid', c.waitpid(pid, buffer, WNOHANG | WUNTRACED)) === 0) return null;
  const status = buffer.readInt32LE();
  const signal = status & 0x7f;
  if (signal === 0x7f) return { stoppedBy: (status >> 8) & 0xff };
  return signal === 0 ? { exited: (status >> 8) & 0xff } : { killedBy: signal };
}

/** malloc_trim(3): gives free memory back to the kernel. A C library without it (musl) keeps less in the first place. */
export function trimMemory(): void {
  try {
    declare('int malloc_trim(size_t pad)')(0);
  } catch {
    // There is no such function, and nothing else depends on it.
  }
}

const TIOCGPGRP = 0x540f;
const TIOCSPGRP = 0x5410;

/** tcgetpgrp(3): the terminal's foreground process group. Null where `fd` is not our session's terminal. */
export function foregroundGroup(fd: number): number | null {
  const group = Buffer.alloc(4);
  return c.ioctl(fd, TIOCGPGRP, 'void *', group) === 0 ? group.readInt32LE() : null;
}

/**
 * tcsetpgrp(3), where that group still is. To be called from the foreground. With SIGTTOU ignored meanwhile, because sudo
 * may do the same at the same time, and the kernel would stop whoever comes second.
 */
export function setForegroundGroup(fd: number, group: number): void {
  const SIGTTOU = 22;
  const [SIG_DFL, SIG_IGN] = [0, 1];
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(group);
  c.signal(SIGTTOU, SIG_IGN);
  c.ioctl(fd, TIOCSPGRP, 'void *', bytes);
  c.signal(SIGTTOU, SIG_DFL);
}

/** getpgid(2) of a process. */
export function processGroup(pid: number): number {
  return check('getpgid', c.getpgid(pid));
}

/** Ends this process by a signal, whatever handler it had for it. */
export function dieBy(signal: number): void {
  const SIG_DFL = 0;
  c.signal(signal, SIG_DFL);
  process.kill(process.pid, signal);
}

/** _exit(2): at once, without what Node does at its end. */
export function exitNow(code: number): never {
  c._exit(code);
  throw new Error('_exit(2) returned');
}

// A `char *const []` and its strings in one block, so that nothing of it can be collected before the rest.
function stringVector(strings: readonly Buffer[]): Buffer {
  const pointerSize = koffi.sizeof('void *');
  const tableSize = (strings.length + 1) * pointerSize;
  const block = Buffer.alloc(tableSize + strings.reduce((sum, text) => sum + text.length + 1, 0));
  const start = koffi.address(block);
  let offset = tableSize;
  strings.forEach((text, index) => {
    const pointer = start + BigInt(offset);
    if (pointerSize === 8) block.writeBigUInt64LE(pointer, index * 8);
    else block.writeUInt32LE(Number(pointer), index * 4);
    text.copy(block, offset);
    offset += text.length + 1;
  });
  return block;
}
