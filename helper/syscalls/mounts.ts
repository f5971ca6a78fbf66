// What fits a view: mount(2), and a network interface's state.
import { closeSync } from 'node:fs';
import { AT_FDCWD } from './files';
import { check, declare, koffi, syscall } from './libc';

const c = {
  socket: declare('int socket(int domain, int type, int protocol)'),
  ioctl: declare('int ioctl(int fd, unsigned long op, ...)'),
  mount: declare(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  ),
  umount2: declare('int umount2(const char *target, int flags)'),
};

export const MS_RDONLY = 0x1;
export const MS_NOSUID = 0x2;
export const MS_NODEV = 0x4;
export const MS_NOEXEC = 0x8;
const MS_REMOUNT = 0x20;
export const MS_BIND = 0x1000;
export const MS_REC = 0x4000;
export const MS_PRIVATE = 0x40000;
export const MS_SLAVE = 0x80000;
export const MNT_DETACH = 2;

/** mount(2). */
export function mount(source: string, target: string, type: string, flags: number, data = ''): void {
  check('mount', c.mount(source, target, type, flags, data));
}

/**
 * mount_setattr(2), Linux 5.12: the mount at `path`, or behind `dirfd` where that is empty. Leaves all other flags as they are,
 * some of which may be locked. Earlier kernels are asked by mount(2), which takes them away.
 */
export function setMountReadOnly(dirfd: number, path: string): void {
  const SYS_MOUNT_SETATTR = 442;
  const AT_EMPTY_PATH = 0x1000;
  const MOUNT_ATTR_RDONLY = 1n;
  const attributes = Buffer.alloc(32); // struct mount_attr
  attributes.writeBigUInt64LE(MOUNT_ATTR_RDONLY, 0);
  const flags = path === '' ? AT_EMPTY_PATH : 0;
  const where = ['int', dirfd, 'const char *', path, 'unsigned int', flags] as const;
  const result = syscall(SYS_MOUNT_SETATTR, ...where, 'void *', attributes, 'size_t', attributes.length);
  if (result < 0 && path !== '' && koffi().errno() === koffi().os.errno['ENOSYS'])
    mount('none', path, '', MS_REMOUNT | MS_BIND | MS_RDONLY);
  else check('mount_setattr', result);
}

/** open_tree(2), Linux 5.2: a mount of that file alone, which is nowhere in the tree of mounts; closed by exec. */
export function openMountCopy(path: string): number {
  const SYS_OPEN_TREE = 428;
  const OPEN_TREE_CLONE = 1;
  const OPEN_TREE_CLOEXEC = 0o2000000;
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  return check('open_tree', syscall(SYS_OPEN_TREE, 'int', AT_FDCWD, 'const char *', path, 'unsigned int', flags));
}

/** umount2(2). */
export function unmount(target: string, flags: number): void {
  check('umount2', c.umount2(target, flags));
}

export const SIOCSIFFLAGS = 0x8914;

/** A `struct ifreq` by which SIOCSIFFLAGS sets an interface up (netdevice(7)). */
export function upRequest(name: string): Buffer {
  const IFF_UP = 1;
  const request = Buffer.alloc(40);
  request.write(name, 0, 15, 'latin1');
  request.writeInt16LE(IFF_UP, 16);
  return request;
}

/** In the network namespace of the calling thread. */
export function setInterfaceUp(name: string): void {
  const AF_INET = 2;
  const SOCK_DGRAM_CLOEXEC = 0o2000002;
  const socket = check('socket', c.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0));
  try {
    check('ioctl(SIOCSIFFLAGS)', c.ioctl(socket, SIOCSIFFLAGS, 'void *', upRequest(name)));
  } finally {
    closeSync(socket);
  }
}
