// Finds the program to run: by PATH as execvp(3) does, or a shell where none is named.
import { accessSync, closeSync, constants, fstatSync, statSync } from 'node:fs';
import { HelperError, quote } from '../errors';
import { O_PATH, openInRoot } from '../syscalls/files';
import { bytesOf } from './bytes';

/** Shells of the usual images, the comfortable ones first; busybox for images made for debugging. */
const SHELLS: readonly (readonly [string, ...string[]])[] = [
  ['/bin/bash'],
  ['/usr/bin/bash'],
  ['/bin/ash'],
  ['/bin/sh'],
  ['/usr/bin/sh'],
  ['/busybox/sh'],
  ['/bin/busybox', 'sh'],
];

/**
 * The command for a shell in a container's filesystem, looked for below its root before anything is joined: no link in there leads out,
 * and nothing of it is opened for reading.
 */
export function findShellIn(root: number): string[] {
  const shell = SHELLS.find(([path]) => isExecutableIn(root, path));
  if (shell === undefined) {
    throw new HelperError(
      'noShell',
      "there is no shell in the container's filesystem; leave mnt out to run your own shell in its other namespaces",
    );
  }
  return [...shell];
}

function isExecutableIn(root: number, path: string): boolean {
  let fd: number;
  try {
    fd = openInRoot(root, path, O_PATH);
  } catch {
    return false;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && (stat.mode & 0o111) !== 0;
  } finally {
    closeSync(fd);
  }
}

/** Absolute path, or one with a slash, of a command. Judged with the present identity and filesystem. */
export function findProgram(command: string, path: string | null): string {
  const candidates = candidatesOf(command, path);
  const found = candidates.find(isExecutable);
  if (found === undefined) throw notRunnable(command, candidates.some(exists));
  return found;
}

/** Where a command may be: at its own path, or in the folders of `path`, which is PATH. */
export function candidatesOf(command: string, path: string | null): string[] {
  if (command.includes('/')) return [command];
  // An empty element means the current directory to execvp(3); here it is passed over, as the directory may be anyone's.
  const folders = (path ?? '/usr/bin:/bin').split(':').filter((folder) => folder !== '');
  return folders.map((folder) => `${folder}/${command}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(bytesOf(path), constants.X_OK);
    return statSync(bytesOf(path)).isFile();
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    statSync(bytesOf(path));
    return true;
  } catch {
    return false;
  }
}

/** What ENOENT means of a file that is there: what its first line or its ELF header asks for is not (execve(2)). */
export const NO_LOADER = 'its interpreter or dynamic loader is missing';

export function notRunnable(command: string, present: boolean): HelperError {
  if (present)
    return new HelperError(
      'notExecutable',
      `${quote(command)} cannot be executed: not an executable file for this user; chmod +x it, or take another --as`,
    );
  return command.includes('/')
    ? new HelperError('notFound', `${quote(command)} was not found in the target; check its path there`)
    : new HelperError('notFound', `${quote(command)} was not found in the target's PATH; give its full path`);
}
