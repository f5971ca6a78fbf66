// The effects of scanning: reading small files, links and inode numbers below a proc tree. What their text means is for
// parse.ts. Everything is synchronous, because a scan is a process of its own and has nothing else to do meanwhile.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { errorCode } from '../errors';

/** Enough for all that is read here. A process sets its own command line, so no length may be taken on trust. */
const LIMIT = 64 * 1024;
const buffer = Buffer.allocUnsafe(LIMIT);

/** A file that the kernel writes as one record, which one read(2) gives whole: stat, status, cgroup, cmdline, uid_map. */
export function readRecord(path: string, limit = LIMIT): string {
  const fd = openSync(path, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, limit, null));
  } finally {
    closeSync(fd);
  }
}

/** As readRecord, or null where the file may not be read or is gone. */
export function tryReadRecord(path: string, limit = LIMIT): string | null {
  try {
    return readRecord(path, limit);
  } catch {
    return null;
  }
}

/** The first `limit` bytes of a file of many lines, which comes in pieces; empty where it may not be read or is gone. */
export function tryReadStart(path: string, limit: number): string {
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      for (let count = -1; count !== 0 && length < limit; length += count) {
        count = readSync(fd, buffer, length, limit - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
  return buffer.toString('utf8', 0, length);
}

/** All of a file, for those few of which a part would mislead. */
export function readWhole(path: string): string {
  return readFileSync(path, 'utf8');
}

/** A file's inode number, or null where it may not be asked for or is gone. */
export function tryInode(path: string): number | null {
  try {
    return statSync(path).ino;
  } catch {
    return null;
  }
}

export function readLink(path: string): string {
  return readlinkSync(path);
}

/** All process ids, lowest first. */
export function listPids(root: string): number[] {
  const names = readdirSync(root).filter((name) => /^[1-9]\d*$/.test(name));
  return names.map(Number).sort((a, b) => a - b);
}

/** Whether an error means that the process ended meanwhile: no such file, or no such process behind an open one. */
export function isVanished(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ESRCH';
}
