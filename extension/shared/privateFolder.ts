// A folder that only the user can enter, for sockets and what else is nobody's business. Whoever makes one removes it; those
// of extension hosts that were killed are removed by the next.
import { constants, existsSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const PREFIX = 'linux-namespaces-';

/**
 * `base` is a directory of the user's own or the common temporary one; `pid` this process. That of a login ($XDG_RUNTIME_DIR)
 * ends with it, and a VS Code server may outlive that: then it is made in the temporary one.
 */
export async function makePrivateFolder(base: string, pid: number): Promise<string> {
  const present = existsSync(base) ? base : tmpdir();
  await removeLeftovers(present);
  // mkdtemp makes it 0700.
  return mkdtemp(join(present, `${PREFIX}${pid}-`));
}

/**
 * Whether a folder still is one that makePrivateFolder() made for this user. Its name was to be read in ps(1), and once it is
 * gone, anybody can make another of that name in a directory for all.
 */
function isPrivateFolder(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && isPrivate(stat);
}

/**
 * Another path of a file in such a folder, by a descriptor that stays open: whatever takes the folder's place from now on, it
 * leads into the one that was looked at. Null where that is none.
 */
export function holdInPrivateFolder(path: string): string | null {
  let folder: number;
  try {
    folder = openSync(dirname(path), constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  return isPrivate(fstatSync(folder)) ? `/proc/self/fd/${folder}/${basename(path)}` : null;
}

const isPrivate = (stat: Stats): boolean =>
  stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;

/**
 * Folders of extension hosts that were killed. The name alone says nothing where anybody can make folders, and in one of
 * somebody else's a link could take a folder's place while rm walks it, and lead it to the user's own files.
 */
async function removeLeftovers(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const pid = name.startsWith(PREFIX) ? Number(/^(\d+)-/.exec(name.slice(PREFIX.length))?.[1]) : NaN;
    const path = join(base, name);
    if (!Number.isNaN(pid) && !isRunning(pid) && isPrivateFolder(path))
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
