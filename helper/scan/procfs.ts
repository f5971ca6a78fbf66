// The effects of scanning: reading small files, links and inode numbers below a proc tree. What their text means is for
// parse.ts. Everything is synchronous, because a scan is a process of its own and has nothing else to do meanwhile.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { errorCode } from '../errors';
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import {
  AT_FDCWD,
  close,
  openat,
  openFolder,
  ownerAt,
  read,
  readAt,
  readlinkat,
  readlinkInto,
  sizeAt,
  statAt,
  type FileStat,
} from '../syscalls/files';
import type { Part } from './budget';

/** Enough for all that is read here. A process sets its own command line, so no length may be taken on trust. */
const LIMIT = 64 * 1024;
const buffer = Buffer.allocUnsafe(LIMIT);

/** Room for a namespace's link, such as `cgroup:[4026531835]`, whatever its number, and a NUL. */
const LINK_SIZE = 24;
const links = Buffer.alloc(LINK_SIZE * NAMESPACE_NAMES.length);
const linkPlaces = Object.fromEntries(
  NAMESPACE_NAMES.map((type, at) => [type, links.subarray(LINK_SIZE * at, LINK_SIZE * (at + 1))]),
) as Record<NamespaceName, Buffer>;

/** Room for the lines of `status` up to `NSpgid`, which is behind all that is read of it; not where its groups are very many. */
const STATUS_START = 512;

/** A file that the kernel writes as one record, which one read(2) gives whole: stat, status, cgroup, cmdline, uid_map. */
export function readRecord(path: string, limit = LIMIT): string {
  return buffer.toString('utf8', 0, readAt(AT_FDCWD, path, buffer, limit));
}

/**
 * One process, for what is read of every process: a file is found from a folder in less time than from the root, and what
 * was opened here is all of one process. The folder is that of its namespaces, which are most of what is read. To be closed.
 */
export class ProcessFolder {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openFolder(`${path}/ns`);
  }

  stat(): string {
    return buffer.toString('utf8', 0, readAt(this.#fd, '../stat', buffer, LIMIT));
  }

  /** In latin1, which is less work: what is read of it are numbers. Without what follows them, which is most of it. */
  status(): string {
    const count = readAt(this.#fd, '../status', buffer, LIMIT);
    const start = buffer.toString('latin1', 0, Math.min(count, STATUS_START));
    return start.includes('\nNSpgid:') ? start : buffer.toString('latin1', 0, count);
  }

  /** Such as `net:[4026531840]`. */
  namespace(type: NamespaceName): string {
    return readlinkat(this.#fd, type);
  }

  /** The links of all these types as one text, see linkIn(). Throws where one of them cannot be read. */
  namespaces(types: readonly NamespaceName[]): string {
    links.fill(0);
    // An iterator's results would be a part of all garbage.
    for (let at = 0; at < types.length; at++) {
      const type = types[at];
      if (type !== undefined) readlinkInto(this.#fd, type, linkPlaces[type]);
    }
    return links.toString('latin1');
  }

  /** Its effective user id: this folder, unlike most of what is in it, always belongs to that (task_dump_owner() of Linux). */
  owner(): number {
    return ownerAt(this.#fd, '..');
  }

  close(): void {
    close(this.#fd);
  }
}

/** The link of one type in the text that namespaces() gives: each has its place there, and NULs behind it. */
export function linkIn(all: string, type: NamespaceName): string {
  const start = LINK_SIZE * NAMESPACE_NAMES.indexOf(type);
  return all.slice(start, all.indexOf('\0', start));
}

/** As readRecord, or null where the file may not be read or is gone. */
export function tryReadRecord(path: string, limit = LIMIT): string | null {
  try {
    return readRecord(path, limit);
  } catch {
    return null;
  }
}

/**
 * The start of a file of many lines, which comes in pieces: until it is `enough`, at most `limit` bytes. Empty where it may
 * not be read or is gone.
 */
export function tryReadStart(
  path: string,
  { limit, piece, enough }: { limit: number; piece: number; enough: (start: string) => boolean },
): string {
  let length = 0;
  let text = '';
  try {
    const fd = openSync(path, 'r');
    try {
      while (length < limit && !enough(text)) {
        const count = readSync(fd, buffer, length, Math.min(piece, limit - length), null);
        if (count === 0) break;
        length += count;
        text = buffer.toString('utf8', 0, length);
      }
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
  return text;
}

/** All of a file, for those few of which a part would mislead. */
export function readWhole(path: string): string {
  return readFileSync(path, 'utf8');
}

/**
 * Those lines of a file that have `having` in them, in latin1: a character for each byte. It is read piece by piece: until there were
 * `limit` bytes, or no time is left. Null where the file may not be read or is gone.
 */
export function tryReadLines(
  path: string,
  { having, limit, isSpent }: { having: string; limit: number; isSpent: () => boolean },
): Part<string> | null {
  const found: string[] = [];
  let fd: number | null = null;
  try {
    fd = openat(AT_FDCWD, path, 0);
    // The start of the buffer: of a line that is not there in full yet.
    let rest = 0;
    for (let length = 0; ;) {
      const count = read(fd, buffer, rest);
      length += count;
      const whole = buffer.subarray(0, rest + count);
      const end = count === 0 ? whole.length : whole.lastIndexOf('\n') + 1;
      if (whole.includes(having)) {
        const lines = whole.toString('latin1', 0, end).split('\n');
        found.push(...lines.filter((line) => line.includes(having)));
      }
      whole.copyWithin(0, end);
      // Of a line that there is no room for only the end is looked at: no line of what is looked for is that long.
      rest = whole.length - end < LIMIT ? whole.length - end : 0;
      if (count === 0) return { found, cut: null };
      if (length >= limit) return { found, cut: 'EFBIG' };
      if (isSpent()) return { found, cut: 'ETIMEDOUT' };
    }
  } catch {
    return fd === null ? null : { found, cut: null };
  } finally {
    if (fd !== null) close(fd);
  }
}

/** A file's size, device, inode number and time of change, or null where they may not be asked for or it is gone. */
export function tryStat(path: string): FileStat | null {
  return statAt(AT_FDCWD, path);
}

/**
 * The open descriptors in /proc/PID/fd and what each is of (of a long path the start), as many as there is time for; none
 * where they may not be read.
 */
export function tryDescriptors(path: string, isSpent: () => boolean): Part<{ fd: string; link: string }> {
  const found: { fd: string; link: string }[] = [];
  let folder: number | null = null;
  try {
    const names = readdirSync(path);
    folder = openFolder(path);
    for (const fd of names) {
      if (isSpent()) return { found, cut: 'ETIMEDOUT' };
      try {
        found.push({ fd, link: readlinkat(folder, fd) });
      } catch (error) {
        // Closed since; or all of them are refused, and each refusal takes its time.
        if (isRefused(error)) break;
      }
    }
  } catch {
    // It ended, or may not be looked at.
  } finally {
    if (folder !== null) close(folder);
  }
  return { found, cut: null };
}

/** How many descriptors a process has open, by its folder of them: 0 before Linux 6.2. Null where that may not be asked. */
export function tryCountDescriptors(path: string): number | null {
  try {
    return sizeAt(AT_FDCWD, path);
  } catch {
    return null;
  }
}

/** Whose folder it is may have filled it as they like: no engine has so many containers that this is not room for them. */
const MOST_FOLDER_BYTES = 1 << 20;

/** The names in a folder, in their order; none where it is not there, may not be read or is huge. */
export function listFolder(path: string): string[] {
  // Node reads a part of a folder by code that it has to load first.
  const size = tryStat(path)?.size;
  if (size === undefined || size > MOST_FOLDER_BYTES) return [];
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

/** File systems count time in steps of some milliseconds: what changed this lately may have changed once more in the same. */
const UNSETTLED_MS = 1_000;

/** The same as long as nothing was added to the folders in these ones, taken away or replaced. */
export function folderMarks(folders: readonly string[], now = Date.now()): string {
  const marks = folders.map((folder) => listFolder(folder).map((name) => ({ name, ...tryStat(`${folder}/${name}`) })));
  const settled = marks.flat().every(({ changed = now }) => changed < now - UNSETTLED_MS);
  return JSON.stringify([marks, settled ? null : performance.now()]);
}

/** All process ids, lowest first. */
export function listPids(root: string): number[] {
  const pids: number[] = [];
  // Whatever else is there has no name that is a number.
  for (const name of readdirSync(root)) {
    const pid = Number(name);
    if (pid > 0) pids.push(pid);
  }
  return pids.sort((a, b) => a - b);
}

/** Whether an error means that the process ended meanwhile: no such file, or no such process behind an open one. */
export function isVanished(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ESRCH';
}

/** Whether an error means that the caller has no right to look. */
export function isRefused(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EACCES' || code === 'EPERM';
}
