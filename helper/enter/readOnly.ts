// Keeps a container from overwriting the program that runs us. While we execute one of the container's files, /proc/self/exe still is
// the host's Node: a link to that, or a script whose first line names it, runs Node itself with the container's loader, which can keep
// the file open and write to it once nobody runs it any more. Root's next entry would then run what was written (CVE-2019-5736 was of
// this kind). A file that is executed from a read-only mount cannot be written to in this way.
import { accessSync, constants } from 'node:fs';
import { errorCode, HelperError, quote, reason } from '../errors';
import { AT_FDCWD } from '../syscalls/files';
import { mount, MS_BIND, MS_PRIVATE, MS_REC, openMountCopy, setMountReadOnly } from '../syscalls/mounts';
import { CLONE_FS, CLONE_NEWNS, unshare } from '../syscalls/namespaces';

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
 * Path of the file at `path` on a read-only mount, to be executed or opened there; in a mount namespace of our own from here on.
 * Needs the rights to mount: root's, or those over the user namespace we are in.
 */
export function holdReadOnly(path: string): string {
  try {
    unshare(CLONE_FS | CLONE_NEWNS);
    const held = mountOver(path) ? path : readOnlyCopy(path);
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
