// Opening and reading without following what others have put in the way: openat2(2), and the few calls that a scan makes so
// often that Node's own would cost too much.
import { constants as fsConstants, fstatSync, readdirSync, type Stats } from 'node:fs';
import { SyscallError } from '../errors';
import { check, declare, koffi, numbers, syscall } from './libc';

const c = {
  chroot: declare('int chroot(const char *path)'),
  close: declare('int close(int fd)'),
  fchdir: declare('int fchdir(int fd)'),
  fcntl: declare('int fcntl(int fd, int op, ...)'),
  memfd_create: declare('int memfd_create(const char *name, unsigned int flags)'),
  // Without the mode that it takes with O_CREAT: nothing is made here, and a list of any number of arguments takes longer.
  openat: declare('int openat(int dirfd, const char *path, int flags)'),
  read: declare('long read(int fd, void *buf, size_t count)'),
  readlinkat: declare('long readlinkat(int dirfd, const char *path, void *buf, size_t size)'),
  // By its number: musl has the function since 1.2.5 only, and VS Code runs on 1.2.3.
  statx: declare('long syscall(long number, int dirfd, const char *path, int flags, unsigned int mask, void *buf)'),
  syscall,
};

const SYS_OPENAT2 = 437;

/** openat(2), close-on-exec. */
export function openat(dirfd: number, path: string, flags: number): number {
  const O_CLOEXEC = 0o2000000;
  return check('openat', c.openat(dirfd, path, flags | O_CLOEXEC));
}

/** memfd_create(2): a file without a name for a program, close-on-exec. EACCES where sysctl vm.memfd_noexec is 2. */
export function execMemory(name: string): number {
  const [MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_EXEC] = [1, 2, 0x10];
  const fd = c.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (fd >= 0 || koffi().errno() !== koffi().os.errno['EINVAL']) return check('memfd_create', fd);
  // Since Linux 6.3 the kernel is told that it is a program; before, the flag is an error.
  return check('memfd_create', c.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

/** fcntl(2), F_ADD_SEALS: nobody can write to it, or change its size, any more. */
export function sealMemory(fd: number): void {
  const F_ADD_SEALS = 1033;
  const ALL = 0x1 | 0x2 | 0x4 | 0x8; // F_SEAL_SEAL, SHRINK, GROW, WRITE
  check('fcntl(F_ADD_SEALS)', c.fcntl(fd, F_ADD_SEALS, 'int', ALL));
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

/** The same, at the start of `buffer`. The kernel cuts off what does not fit. */
export function readlinkInto(dirfd: number, path: string, buffer: Buffer): void {
  check('readlinkat', c.readlinkat(dirfd, path, buffer, buffer.length));
}

/** open(2): a place in the file system alone; it has no effect on a FIFO or a device. Node does not name it. */
export const O_PATH = 0o10000000;

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
  const errno = koffi().errno();
  c.close(fd);
  if (count < 0) throw new SyscallError('read', errno);
  return count;
}

/** read(2) into the rest of a buffer, from `start` on; returns how many bytes, 0 at the end. */
export const read = (fd: number, buffer: Buffer, start: number): number =>
  check('read', c.read(fd, start === 0 ? buffer : buffer.subarray(start), buffer.length - start));

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
 * one that hangs keeps nobody waiting. Null where it is not there or may not be asked for.
 */
export function statAt(dirfd: number, path: string): FileStat | null {
  const AT_STATX_DONT_SYNC = 0x4000;
  const STATX_SIZE_INODE_CTIME = 0x200 | 0x100 | 0x80;
  // No error where it is not there, as most places that are looked at are not: an error takes its time.
  if (c.statx(numbers.statx, dirfd, path, AT_STATX_DONT_SYNC, STATX_SIZE_INODE_CTIME, statxBuffer) < 0) return null;
  return {
    device: statxBuffer.readUInt32LE(136) * 2 ** 20 + statxBuffer.readUInt32LE(140),
    size: statxBuffer.readUIntLE(40, 6),
    inode: statxBuffer.readUIntLE(32, 6),
    changed: statxBuffer.readUIntLE(96, 6) * 1e3 + statxBuffer.readUInt32LE(104) / 1e6,
  };
}

/** The user id of whose file it is: statx(2), as above. */
export function ownerAt(dirfd: number, path: string): number {
  const STATX_UID = 0x8;
  statxInto(dirfd, path, 0, STATX_UID);
  return statxBuffer.readUInt32LE(20);
}

/** The inode number of what is open. */
export function inodeOf(fd: number): number {
  const AT_EMPTY_PATH = 0x1000;
  const STATX_INO = 0x100;
  statxInto(fd, '', AT_EMPTY_PATH, STATX_INO);
  return statxBuffer.readUIntLE(32, 6);
}

/** The size alone, of what has less than 4 GB, as a folder of procfs. */
export function sizeAt(dirfd: number, path: string): number {
  const STATX_SIZE = 0x200;
  statxInto(dirfd, path, 0, STATX_SIZE);
  return statxBuffer.readUInt32LE(40);
}

function statxInto(dirfd: number, path: string, flags: number, mask: number): void {
  check('statx', c.statx(numbers.statx, dirfd, path, flags, mask, statxBuffer));
}

/** close(2). */
export function close(fd: number): void {
  c.close(fd);
}

/**
 * Closes the folders among the descriptors that this process was started with: through /proc/self/fd, each is a way into a filesystem
 * for the program we execute, while exec still looks it up. Node itself keeps none open.
 */
export function closeInheritedFolders(): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd > 2 && fstat(fd)?.isDirectory()) c.close(fd);
  }
}

/** Null for a descriptor that is not open any more, such as the one by which they were listed. */
function fstat(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
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
