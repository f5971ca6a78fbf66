// Reading state that engines keep on disk, as root, in folders that may be somebody else's. Nothing there is taken on
// trust: a regular file of bounded size, not behind a link, that belongs to whom it has to belong.
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statfsSync } from 'node:fs';
import { O_PATH } from '../../syscalls/files';

/** statfs(2). */
const PROC_SUPER_MAGIC = 0x9fa0;
const LIMIT = 8 << 20;
const PIECE = 64 << 10;

/** Null for a file that is not there, may not be read or is not such a one. `uid` is who must own it. */
export function readTrusted(path: string, uid: number): string | null {
  return withTrusted(path, uid, readBounded);
}

/** All of a file; null where there is more than the limit. What its size is said to be does not count. */
function readBounded(fd: number): string | null {
  const pieces: Buffer[] = [];
  for (let length = 0; length <= LIMIT;) {
    const piece = Buffer.allocUnsafe(PIECE);
    const count = readSync(fd, piece);
    if (count === 0) return Buffer.concat(pieces).toString('utf8');
    pieces.push(piece.subarray(0, count));
    length += count;
  }
  return null;
}

/** What `use` makes of such a file, of whatever size, opened for reading. */
export function withTrusted<T>(path: string, uid: number, use: (fd: number) => T): T | null {
  try {
    const place = openSync(path, O_PATH | constants.O_NOFOLLOW);
    try {
      const file = fstatSync(place);
      if (!file.isFile() || file.uid !== uid) return null;
      // Bound to where an engine's file would be, a process's memory has no end, and can keep whoever reads it waiting.
      if (statfsSync(`/proc/self/fd/${place}`).type === PROC_SUPER_MAGIC) return null;
      // The very file that was looked at, whatever its path leads to by now. Without waiting for whom it is leased to (fcntl(2),
      // F_SETLEASE): its owner may be, and has 45 seconds to give it back.
      const fd = openSync(`/proc/self/fd/${place}`, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return use(fd);
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

/** Whether a time in an engine's notes (RFC 3339) is since the machine has begun: what is noted of before holds no more. */
export function isSinceBoot(time: unknown): boolean {
  const at = Date.parse(text(time) ?? '');
  if (Number.isNaN(at)) return false;
  // In seconds, the first of two numbers (proc_uptime(5)). Loading node:os for it would take longer than reading it.
  return at > Date.now() - 1_000 * parseFloat(readFileSync('/proc/uptime', 'utf8'));
}

/** Those entries of an object that are text, such as labels. */
export function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(object(value) ?? {});
  return Object.fromEntries(entries.flatMap(([key, entry]) => (typeof entry === 'string' ? [[key, entry]] : [])));
}
