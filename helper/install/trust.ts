// Whether a file is root's alone: it, its name, and every folder and link on the way there.
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../errors';

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** True where only root can change what `path` names: nothing that leads there belongs to, or is open to, anyone else. */
export function isRootsAlone(path: string): boolean {
  return walk(path) === 'alone';
}

/** The same for a path where there may be nothing yet: then only root can make it. */
export function isRootsToMake(path: string): boolean {
  return walk(path) !== 'open';
}

function walk(path: string): 'alone' | 'missing' | 'open' {
  if (!path.startsWith('/')) return 'open';
  const rest = ['/', ...path.split('/')];
  let place = '/';
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      place = dirname(place); // Of what has no links in it any more.
      continue;
    }
    const next = join(place, name);
    try {
      const { uid, mode } = lstatSync(next);
      const target = isLink(mode) ? readlinkSync(next) : null;
      if (uid !== 0 || (target === null && (mode & 0o022) !== 0)) return 'open';
      if (target === null) {
        place = next;
        continue;
      }
      if (++links > MOST_LINKS) return 'open';
      if (target.startsWith('/')) place = '/';
      rest.unshift(...target.split('/'));
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? 'missing' : 'open';
    }
  }
  return 'alone';
}

const isLink = (mode: number): boolean => (mode & 0o170000) === 0o120000;
