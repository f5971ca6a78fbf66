// Whether a file is root's alone: it and every folder above it.
import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** True where only root can change what `path` names: no part of its real path belongs to, or is open to, anyone else. */
export function isRootsAlone(path: string): boolean {
  let part: string;
  try {
    part = realpathSync(path);
  } catch {
    return false;
  }
  for (;;) {
    const { uid, mode } = lstatSync(part);
    if (uid !== 0 || (mode & 0o022) !== 0) return false;
    if (part === '/') return true;
    part = dirname(part);
  }
}
