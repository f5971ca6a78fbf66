// Open, then verify: turns what the command line names into descriptors of exactly those namespaces. Joins nothing.
// From here on only descriptors are used, so that no process id can come to mean another process.
import { closeSync, constants, fstatSync, openSync, readFileSync, statfsSync } from 'node:fs';
import { errorCode, HelperError, quote, reason, SyscallError } from '../errors';
import { refuseLackingTypes } from '../kernelTypes';
import { namespaceType, type NamespaceName } from '../namespaceTypes';
import { parseStartTime } from '../procStat';
import { O_PATH } from '../syscalls/files';
import { namespaceTypeOf, pidfdAlive, pidfdOpen } from '../syscalls/namespaces';
import type { Join, TargetArgument } from './arguments';
import { bytesOf } from './bytes';
import type { OpenNamespace } from './state';

export interface PinnedNamespace extends OpenNamespace {
  /** The process it was taken from; null for a file. */
  target: PinnedTarget | null;
}

export interface PinnedTarget {
  pid: number;
  pidfd: number;
  /** O_PATH descriptor of the process's root directory; null where it is not needed or may not be opened. */
  root: number | null;
}

/** NSFS_MAGIC of <linux/magic.h>. */
const NSFS_MAGIC = 0x6e736673;

/** Opens and verifies every namespace of `joins`. Throws a HelperError that names the first one that is not as asked. */
export function pinNamespaces(joins: readonly Join[]): PinnedNamespace[] {
  refuseLackingTypes(joins.map(({ type }) => type));
  const targets = new Map<TargetArgument, PinnedTarget>();
  const pinned = joins.map((join) => {
    if ('file' in join.from) return pinFile(join, join.from.file);
    let target = targets.get(join.from.target);
    if (!target) {
      target = openTarget(join.from.target);
      targets.set(join.from.target, target);
    }
    return pinOfTarget(join, target);
  });
  // Alive now means that each /proc/PID path opened above was of the very process behind the pidfd.
  for (const target of targets.values()) {
    if (!pidfdAlive(target.pidfd)) throw gone(target.pid);
  }
  return pinned;
}

function openTarget({ pid, startTime }: TargetArgument): PinnedTarget {
  let pidfd: number;
  try {
    pidfd = pidfdOpen(pid);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ESRCH') throw gone(pid);
    // A thread id that is not a process id: EINVAL before Linux 6.9, ENOENT since.
    if (code === 'EINVAL' || code === 'ENOENT') {
      throw new HelperError('noTarget', `${pid} is a thread, not a process: give the process id`, { cause: error });
    }
    throw new HelperError('notPermitted', `process ${pid} cannot be opened: ${reason(error)}`, { cause: error });
  }
  const found = parseStartTime(readProc(pid, 'stat'));
  if (startTime !== null && found !== startTime) {
    throw new HelperError(
      'staleTarget',
      `process ${pid} is not the one that was asked for: it started at tick ${found}, not ${startTime}; the first one has ended, look up its successor`,
    );
  }
  return { pid, pidfd, root: null };
}

function pinOfTarget(join: Join, target: PinnedTarget): PinnedNamespace {
  const source = `process ${target.pid}`;
  const fd = openProc(target, `ns/${join.type}`, constants.O_RDONLY);
  const inode = verify(fd, join, source);
  if (join.type === 'mnt') target.root ??= openProc(target, 'root', O_PATH | constants.O_DIRECTORY);
  // For its resolv.conf, which is good to have but not what was asked for.
  if (join.type === 'net') target.root ??= tryOpen(`/proc/${target.pid}/root`);
  return { type: join.type, fd, inode, target, source };
}

function openProc(target: PinnedTarget, path: string, flags: number): number {
  try {
    return openSync(`/proc/${target.pid}/${path}`, flags);
  } catch (error) {
    const code = errorCode(error);
    // A process that is ending has no namespaces any more, while its pidfd still calls it alive.
    if (code === 'ENOENT' || code === 'ESRCH') throw gone(target.pid);
    const advice =
      process.geteuid?.() === 0 ? 'the kernel guards this process even from root' : 'start ns-helper with sudo';
    throw new HelperError(
      'notPermitted',
      `${path} of process ${target.pid} may not be opened: ${reason(error)}; ${advice}`,
      {
        cause: error,
      },
    );
  }
}

function tryOpen(path: string): number | null {
  try {
    return openSync(path, O_PATH | constants.O_DIRECTORY);
  } catch {
    return null;
  }
}

// A path is the caller's word alone: what is there is looked at (O_PATH has no effect on FIFOs or devices) before it is
// opened for real, and only a namespace is.
function pinFile(wanted: { type: NamespaceName; inode: number | null }, path: string): PinnedNamespace {
  const source = quote(path);
  let place: number | undefined;
  try {
    place = openSync(bytesOf(path), O_PATH);
    const opened = `/proc/self/fd/${place}`;
    if (statfsSync(opened).type !== NSFS_MAGIC) {
      throw new HelperError(
        'wrongNamespace',
        `${source} is not a namespace file; a name in /run/netns without its mount is left over from an earlier boot`,
      );
    }
    const fd = openSync(opened, constants.O_RDONLY);
    return { type: wanted.type, fd, inode: verify(fd, wanted, source), target: null, source };
  } catch (error) {
    if (error instanceof HelperError) throw error;
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new HelperError('noTarget', `there is no file ${source} (any more); look again at what runs`, {
        cause: error,
      });
    throw new HelperError(
      'notPermitted',
      `${source} cannot be opened: ${reason(error)}; start ns-helper with sudo, or give another file`,
      { cause: error },
    );
  } finally {
    if (place !== undefined) closeSync(place);
  }
}

function verify(fd: number, wanted: { type: NamespaceName; inode: number | null }, source: string): number {
  const inode = fstatSync(fd).ino;
  let flag: number;
  try {
    flag = namespaceTypeOf(fd);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new HelperError('wrongNamespace', `${source} gave no ${wanted.type} namespace: ${reason(error)}`, {
      cause: error,
    });
  }
  if (flag !== namespaceType(wanted.type).flag) {
    throw new HelperError(
      'wrongNamespace',
      `${source} is a namespace of another type than ${wanted.type}; give it with its own type`,
    );
  }
  if (wanted.inode !== null && inode !== wanted.inode) {
    throw new HelperError(
      'wrongNamespace',
      `the ${wanted.type} namespace of ${source} is ${wanted.type}:[${inode}], not the ${wanted.type}:[${wanted.inode}] that was asked for; look again at what runs`,
    );
  }
  return inode;
}

/**
 * Closes the root directories of the targets except `kept`. A path below `/proc/self/fd`, given as a directory, a file or the first
 * line of a script, leads to whatever is still open, and through an open directory into its filesystem.
 */
export function closeRoots(pinned: readonly PinnedNamespace[], kept: number | null): void {
  for (const { target } of pinned) {
    if (target === null || target.root === null || target.root === kept) continue;
    closeSync(target.root);
    target.root = null;
  }
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    throw gone(pid, error);
  }
}

/**
 * Reads from a target's /proc directory after it was pinned. The pid could have come to mean another process by then: alive
 * afterwards says that all of it was the target's own.
 */
export function readOf<T>(target: PinnedTarget, read: (proc: string) => T): T {
  let found: T;
  try {
    found = read(`/proc/${target.pid}`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') throw gone(target.pid, error);
    throw error;
  }
  if (!pidfdAlive(target.pidfd)) throw gone(target.pid);
  return found;
}

function gone(pid: number, cause?: unknown): HelperError {
  return new HelperError('noTarget', `there is no process ${pid} (any more); its container may have stopped`, {
    cause,
  });
}
