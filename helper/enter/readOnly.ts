// Keeps a container from overwriting the program that runs us. While we execute one of the container's files, /proc/self/exe still is
// the host's Node: a link to that, or a script whose first line names it, runs Node itself with the container's loader, which can keep
// the file open and write to it once nobody runs it any more. Root's next entry would then run what was written (CVE-2019-5736 was of
// this kind). A file that is executed from a read-only mount cannot be written to in this way.
import { accessSync, closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { errorCode, HelperError, quote, reason } from '../errors';
import { parseMounts } from '../mounts';
import { AT_FDCWD } from '../syscalls/files';
import { mount, MS_BIND, MS_PRIVATE, MS_REC, openMountCopy, setMountReadOnly } from '../syscalls/mounts';
import { CLONE_FS, CLONE_NEWNS, unshare } from '../syscalls/namespaces';

/** What is executed right now, by the mount that it was executed from. */
export const OWN_FILE = '/proc/self/exe';

/** Whether we may write to a file, whoever runs it now. On a read-only mount nobody may. Where it cannot be told, yes. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return !['EROFS', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '');
  }
}

/**
 * Whether whoever says so is right that this process was started in a mount namespace of its own, whose mounts can be changed. The
 * parent would be in the machine's too, which would be read-only for everybody.
 */
export function hasOwnMounts(saysSo: boolean): boolean {
  const namespaceOf = (pid: number): string => readlinkSync(`/proc/${pid}/ns/mnt`);
  try {
    return saysSo && namespaceOf(process.pid) !== namespaceOf(process.ppid);
  } catch {
    return false;
  }
}

/** Makes the mount of Node's own file read-only, see hasOwnMounts(): whatever lies on it cannot be written to from here on. */
export function holdInPlace(): void {
  if (!isWritable(OWN_FILE)) return;
  orRefuse(process.execPath, () => {
    setMountReadOnly(AT_FDCWD, mountPointOf(OWN_FILE));
    return OWN_FILE;
  });
}

function mountPointOf(path: string): string {
  const fd = openSync(path, constants.O_RDONLY);
  // Not by path: another mount could lie over this one.
  const id = /^mnt_id:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  closeSync(fd);
  const found = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')).find((mount) => mount.id === id);
  if (!found) throw new Error('its mount is not to be seen from here');
  return found.point;
}

/**
 * Path of the file at `path` on a read-only mount, to be executed or opened there; in a mount namespace of our own from here on.
 * Needs the rights to mount: root's, or those over the user namespace we are in.
 */
export function holdReadOnly(path: string): string {
  return orRefuse(path, () => {
    unshare(CLONE_FS | CLONE_NEWNS);
    return mountOver(path) ? path : readOnlyCopy(path);
  });
}

/** `hold` returns where the file at `path` is held. */
function orRefuse(path: string, hold: () => string): string {
  try {
    const held = hold();
    if (isWritable(held)) throw new Error('it can be written to there');
    return held;
  } catch (error) {
    throw new HelperError(
      'joinFailed',
      `${quote(path)}, which runs this, cannot be kept from being written to by the container: ${reason(error)}; leave mnt out`,
      { cause: error },
    );
  }
}

/** Keeps the path, by which Electron finds its other files. False below a chroot(2), where no mount can be kept to ourselves. */
function mountOver(path: string): boolean {
  try {
    mount('none', '/', '', MS_REC | MS_PRIVATE);
  } catch (error) {
    if (errorCode(error) === 'EINVAL') return false;
    throw error;
  }
  mount(path, path, '', MS_BIND);
  setMountReadOnly(AT_FDCWD, path);
  return true;
}

function readOnlyCopy(path: string): string {
  const fd = openMountCopy(path);
  setMountReadOnly(fd, '');
  return `/proc/self/fd/${fd}`;
}
