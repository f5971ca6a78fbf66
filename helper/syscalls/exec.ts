// Becoming the command, or starting it, and what it is handed on: limits, descriptors, signals.
import { SyscallError } from '../errors';
import { check, declare, koffi, numbers, syscall } from './libc';

const c = {
  execve: declare('int execve(void *path, void *argv, void *envp)'),
  getpagesize: declare('int getpagesize()'),
  fcntl: declare('int fcntl(int fd, int op, ...)'),
  posix_spawn: declare(
    'int posix_spawn(void *pid, void *path, void *actions, void *attributes, void *argv, void *envp)',
  ),
  posix_spawnattr_init: declare('int posix_spawnattr_init(void *attributes)'),
  posix_spawnattr_setflags: declare('int posix_spawnattr_setflags(void *attributes, short flags)'),
  posix_spawnattr_setsigdefault: declare('int posix_spawnattr_setsigdefault(void *attributes, void *signals)'),
  posix_spawnattr_setsigmask: declare('int posix_spawnattr_setsigmask(void *attributes, void *signals)'),
  // Limits of 64 bits, as below; on 32-bit machines prlimit() itself takes half as many.
  prlimit: declare(
    `int ${process.arch === 'arm' ? 'prlimit64' : 'prlimit'}(int pid, int resource, void *new_limit, void *old_limit)`,
  ),
  signal: declare('intptr_t signal(int signum, intptr_t handler)'),
  sigprocmask: declare('int sigprocmask(int how, void *set, void *old)'),
  syscall,
};

const SYS_CLOSE_RANGE = 436;
export const RLIMIT_NOFILE = 7;

/** prlimit(2): the soft limit of open files, no higher than the hard one. Node raises its own to that at start. */
export function setSoftOpenFileLimit(soft: number): void {
  const limit = Buffer.alloc(16);
  check('prlimit', c.prlimit(0, RLIMIT_NOFILE, null, limit));
  const hard = limit.readBigUInt64LE(8);
  limit.writeBigUInt64LE(BigInt(soft) < hard ? BigInt(soft) : hard, 0);
  check('prlimit', c.prlimit(0, RLIMIT_NOFILE, limit, null));
}

const RLIM_INFINITY = 0xffffffffffffffffn;

/** prlimit(2), of this process by default. Null: no limit. To raise the hard one takes CAP_SYS_RESOURCE. */
export function setLimit(resource: number, soft: number | null, hard: number | null, pid = 0): void {
  check('prlimit', c.prlimit(pid, resource, limitBytes(soft, hard), null));
}

/** prlimit(2): whether this process has just that limit. */
export function hasLimit(resource: number, soft: number | null, hard: number | null): boolean {
  const limit = Buffer.alloc(16);
  check('prlimit', c.prlimit(0, resource, null, limit));
  return limit.equals(limitBytes(soft, hard));
}

/** A `struct rlimit64`. Null: no limit. */
export function limitBytes(soft: number | null, hard: number | null): Buffer {
  const limit = Buffer.alloc(16);
  [soft, hard].forEach((value, index) =>
    limit.writeBigUInt64LE(value === null ? RLIM_INFINITY : BigInt(value), index * 8),
  );
  return limit;
}

/** prlimit(2): raises this process's hard limit to `hard` (null: no limit) if it is lower. The soft limit stays as it is. */
export function raiseHardLimit(resource: number, hard: number | null): void {
  const limit = Buffer.alloc(16);
  check('prlimit', c.prlimit(0, resource, null, limit));
  const wanted = hard === null ? RLIM_INFINITY : BigInt(hard);
  if (limit.readBigUInt64LE(8) >= wanted) return;
  limit.writeBigUInt64LE(wanted, 8);
  check('prlimit', c.prlimit(0, resource, limit, null));
}

/** prlimit(2): how many files this process may have open, its soft limit. */
export function openFileLimit(): number {
  const limit = Buffer.alloc(16);
  check('prlimit', c.prlimit(0, RLIMIT_NOFILE, null, limit));
  return Number(limit.readBigUInt64LE());
}

/** The hard one; null: no limit. */
export function hardOpenFileLimit(): number | null {
  const limit = Buffer.alloc(16);
  check('prlimit', c.prlimit(0, RLIMIT_NOFILE, null, limit));
  const hard = limit.readBigUInt64LE(8);
  return hard === RLIM_INFINITY ? null : Number(hard);
}

/** getpagesize(2). */
export const pageSize = (): number => c.getpagesize();

const F_SETFD = 2;

/** fcntl(2), F_SETFD: the next program has it too. */
export function keepOnExec(fd: number): void {
  check('fcntl(F_SETFD)', c.fcntl(fd, F_SETFD, 'int', 0));
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

/** execve(2). Returns only by throwing. Path and strings are handed over as bytes, so that no encoding changes them. */
export function execve(path: Buffer, argv: readonly Buffer[], env: readonly Buffer[]): never {
  c.execve(terminated(path), stringVector(argv), stringVector(env));
  throw new SyscallError('execve', koffi().errno());
}

/**
 * posix_spawn(3): forks and executes in C, which takes no thread of this process along; works in a process that has joined
 * a pid namespace. Signals are handed on as a shell would; strings as bytes. Returns the pid, as this process sees it.
 */
export function posixSpawn(path: Buffer, argv: readonly Buffer[], env: readonly Buffer[]): number {
  const POSIX_SPAWN_SETSIGDEF = 4;
  const POSIX_SPAWN_SETSIGMASK = 8;
  const attributes = Buffer.alloc(1024); // posix_spawnattr_t has 336 bytes in glibc and musl
  c.posix_spawnattr_init(attributes);
  c.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  c.posix_spawnattr_setsigdefault(attributes, Buffer.alloc(128, 0xff));
  c.posix_spawnattr_setsigmask(attributes, Buffer.alloc(128));
  const pid = Buffer.alloc(4);
  const errno = c.posix_spawn(pid, terminated(path), null, attributes, stringVector(argv), stringVector(env));
  if (errno !== 0) throw new SyscallError('posix_spawn', errno);
  return pid.readInt32LE();
}

/** A `const char *`. */
const terminated = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(1)]);

// A `char *const []` and its strings in one block, so that nothing of it can be collected before the rest.
function stringVector(strings: readonly Buffer[]): Buffer {
  const pointerSize = koffi().sizeof('void *');
  const tableSize = (strings.length + 1) * pointerSize;
  const block = Buffer.alloc(tableSize + strings.reduce((sum, text) => sum + text.length + 1, 0));
  const start = koffi().address(block);
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
