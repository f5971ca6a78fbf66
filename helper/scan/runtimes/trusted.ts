// Reading state that engines keep on disk, as root, in folders that may be somebody else's. Nothing there is taken on
// trust: a regular file of bounded size, not behind a link, that belongs to whom it has to belong.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** open(2): a place in the file system alone. It has no effect on a FIFO or device. Node does not name it. */
const O_PATH = 0o10000000;
const LIMIT = 8 << 20;

/** Null for a file that is not there, may not be read or is not such a one. `uid` is who must own it. */
export function readTrusted(path: string, uid: number): string | null {
  return withTrusted(path, uid, (fd, size) => (size > LIMIT ? null : readFileSync(fd, 'utf8')));
}

/** What `use` makes of such a file, of whatever size, opened for reading. */
export function withTrusted<T>(path: string, uid: number, use: (fd: number, size: number) => T): T | null {
  try {
    const place = openSync(path, O_PATH | constants.O_NOFOLLOW);
    try {
      const file = fstatSync(place);
      if (!file.isFile() || file.uid !== uid) return null;
      // The very file that was looked at, whatever its path leads to by now.
      const fd = openSync(`/proc/self/fd/${place}`, 'r');
      try {
        return use(fd, file.size);
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(place);
    }
  } catch {
    return null;
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** An object in a trusted file. */
export function readTrustedJson(path: string, uid: number): Json | null {
  return object(parse(readTrusted(path, uid)));
}

/** The objects in an array in a trusted file; none where there is no such file. */
export function readTrustedList(path: string, uid: number): Json[] {
  const list = parse(readTrusted(path, uid));
  return Array.isArray(list) ? list.map(object).filter((item) => item !== null) : [];
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function object(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Those entries of an object that are text, such as labels. */
export function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(object(value) ?? {});
  return Object.fromEntries(entries.flatMap(([key, entry]) => (typeof entry === 'string' ? [[key, entry]] : [])));
}
