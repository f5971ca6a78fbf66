// Who the target's process is: read from the host's /proc while its pidfd shows it alive, as near to `docker exec` as can
// be had from outside. Seccomp filters cannot be copied; --verbose says so.
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { errorCode, HelperError, quote, reason } from '../errors';
import { statusNumbers } from '../procStat';
import { O_PATH, openInRoot } from '../syscalls/files';
import { splitEnvironment, type Environment } from './environment';
import type { Confinement, Identity } from './identity';
import { parseLimits } from './limits';
import { type PinnedTarget, readOf } from './target';

export interface TargetIdentity {
  /** Ids as seen from here, outside of the target's user namespace. */
  identity: Identity;
  confinement: Confinement;
  environment: Environment | null;
  /** O_PATH descriptor of its working directory. Null, as the environment, where it may not be read. */
  cwd: number | null;
  /** Whether a seccomp filter is in force that the command will not have. */
  seccomp: boolean;
}

export function readTargetIdentity(target: PinnedTarget): TargetIdentity {
  try {
    return readOf(target, (proc) => {
      const status = readFileSync(`${proc}/status`, 'utf8');
      return {
        identity: {
          // The second of real, effective, saved and filesystem id: the one that rights are judged by.
          uid: statusNumbers(status, 'Uid')[1] ?? NaN,
          gid: statusNumbers(status, 'Gid')[1] ?? NaN,
          groups: statusNumbers(status, 'Groups'),
        },
        confinement: {
          ...boundsIn(status),
          oomScoreAdj: Number(readFileSync(`${proc}/oom_score_adj`, 'utf8')),
          label: execLabel(readLabel(`${proc}/attr/current`)),
          limits: parseLimits(readFileSync(`${proc}/limits`, 'utf8')),
        },
        environment: ifPermitted(() => splitEnvironment(readBounded(`${proc}/environ`, MAX_ENVIRONMENT))),
        cwd: ifPermitted(() => openSync(`${proc}/cwd`, O_PATH | constants.O_DIRECTORY)),
        seccomp: statusNumbers(status, 'Seccomp')[0] === 2,
      };
    });
  } catch (error) {
    if (error instanceof HelperError) throw error;
    throw new HelperError('identityFailed', `the identity of process ${target.pid} cannot be read: ${reason(error)}`, {
      cause: error,
    });
  }
}

const boundsIn = (status: string): Pick<Confinement, 'bounding' | 'noNewPrivileges'> => ({
  bounding: /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0',
  noNewPrivileges: statusNumbers(status, 'NoNewPrivs')[0] === 1,
});

/** Only the target's upper bounds on rights: no program in its filesystem can give anybody more than these. */
export function readBounds(target: PinnedTarget): Confinement {
  const status = readOf(target, (proc) => readFileSync(`${proc}/status`, 'utf8'));
  return { ...boundsIn(status), oomScoreAdj: null, label: null, limits: [] };
}

/** Without sudo, a process in one's own rootless container that is not root inside keeps these to itself. */
function ifPermitted<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === 'EACCES' || errorCode(error) === 'EPERM') return null;
    throw error;
  }
}

/** execve(2) takes no more. A process can declare any part of its memory to be its environment (PR_SET_MM), of any size. */
const MAX_ENVIRONMENT = 6 * 1024 * 1024;

function readBounded(path: string, max: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    const buffer = Buffer.allocUnsafe(max);
    return buffer.subarray(0, readUpTo(fd, buffer));
  } finally {
    closeSync(fd);
  }
}

function readLabel(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // EINVAL where no LSM keeps labels
  }
}

/**
 * What to write to attr/exec for a label as attr/current shows it: AppArmor wants `exec NAME` and shows `NAME (mode)`,
 * SELinux wants the context itself. Null for no label, or AppArmor's `unconfined`.
 */
export function execLabel(current: string): string | null {
  const label = current.replace(/[\0\n]+$/, '');
  if (label === '' || label === 'unconfined' || label === 'kernel') return null;
  const apparmor = /^(.*) \((?:enforce|complain|kill|prompt|mixed)\)$/.exec(label);
  return apparmor ? `exec ${apparmor[1] ?? ''}` : label;
}

const MAX_DATABASE = 1024 * 1024;

/** A user by name in the target's own /etc/passwd and /etc/group, below `root` and never through a link out of it. */
export function userInside(root: number, name: string): Identity {
  const entry = rows(readInside(root, 'etc/passwd')).find((fields) => fields[0] === name);
  const [uid, gid] = [parseId(entry?.[2]), parseId(entry?.[3])];
  if (uid === null || gid === null) {
    throw new HelperError(
      'identityFailed',
      `there is no user ${quote(name)} in the target's /etc/passwd; give UID:GID`,
    );
  }
  // That file is the container's own word, which must not make the command more than who was named.
  const isRoot = name === 'root';
  if (uid === 0 && !isRoot)
    throw new HelperError(
      'identityFailed',
      `${quote(name)} is root in the target's /etc/passwd; say --as root for that`,
    );
  if (gid === 0 && !isRoot)
    throw new HelperError(
      'identityFailed',
      `${quote(name)} is of root's group in the target's /etc/passwd; say --as ${uid}:0 for that`,
    );
  const groups = rows(readInside(root, 'etc/group'))
    .filter((fields) => fields[3]?.split(',').includes(name))
    .map((fields) => parseId(fields[2]))
    .filter((id) => id !== null)
    .filter((id) => id !== 0 || isRoot);
  return { uid, gid, groups: [...new Set([gid, ...groups])] };
}

/** Digits alone: an empty field is not root. (uid_t) -1 means "leave as it is" to the system calls. */
function parseId(field: string | undefined): number | null {
  return field !== undefined && /^[0-9]{1,10}$/.test(field) && Number(field) < 0xffffffff ? Number(field) : null;
}

const rows = (text: string): string[][] => text.split('\n').map((line) => line.split(':'));

/** A small regular file of the target's; empty where there is none. A FIFO, device or huge file is no database. */
export function readInside(root: number, path: string, max = MAX_DATABASE): string {
  let place: number;
  try {
    place = openInRoot(root, path, O_PATH);
  } catch {
    return '';
  }
  try {
    const stat = fstatSync(place);
    if (!stat.isFile() || stat.size > max) return '';
    // What was looked at is what is opened: the descriptor, not the path.
    const fd = openSync(`/proc/self/fd/${place}`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(max);
      return buffer.toString('utf8', 0, readUpTo(fd, buffer));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  } finally {
    closeSync(place);
  }
}

// A file may grow while it is read; no more than the buffer is ever taken.
function readUpTo(fd: number, buffer: Buffer): number {
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    length += count;
    if (count === 0 || length === buffer.length) return length;
  }
}
