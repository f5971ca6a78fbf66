// Whether a file is root's alone: it, its name, and every folder above both.
import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * True where only root can change what `path` names: no part of its real path belongs to, or is open to, anyone else, nor of the
 * folder in which it has that name, where a link could be made anew.
 */
export function isRootsAlone(path: string): boolean {
  try {
    return isAlone(realpathSync(path)) && isAlone(realpathSync(dirname(path)));
  } catch {
    return false;
  }
}

function isAlone(real: string): boolean {
  for (let part = real; ; part = dirname(part)) {
    const { uid, mode } = lstatSync(part);
    if (uid !== 0 || (mode & 0o022) !== 0) return false;
    if (part === '/') return true;
  }
}
