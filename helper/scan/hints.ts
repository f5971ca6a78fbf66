// What tells namespaces apart where /proc/PID/ns/* may not be read: files of /proc/PID that everybody may read. Reads
// procfs. A hint never becomes an inode; it only says what is the host's and which processes belong together.
import { parseMounts } from './parse';
import { readWhole, tryReadRecord, tryReadStart, tryStat } from './procfs';

export interface Hint {
  /** The same text for two processes in the same namespace, or null where it cannot be told. */
  readonly mark: string | null;
  /** Whether the namespace is another than the host's, or null where it cannot be told. */
  readonly own: boolean | null;
}

export interface Hints {
  /** procfs makes /proc/PID/net/dev once per network namespace, so its inode number names that namespace. */
  readonly net: Hint;
  /** Mount ids are unique on the machine, so the first one in mountinfo names the mount namespace (and root folder). */
  readonly mnt: Hint;
  /** /proc/PID/uid_map: where it differs, the user namespaces do; the reverse does not hold. */
  readonly user: Hint;
  /** `/` shows the same as on the host: private mounts at most, not a filesystem of its own. */
  readonly hostRoot: boolean;
}

export interface HostHints {
  readonly net: string | null;
  readonly mountIds: ReadonlySet<number>;
  readonly root: string | null;
  readonly user: string | null;
}

/** The line of `/` comes early; this leaves room for the mounts that a host can have before it. */
const MOUNTS_START = 16 * 1024;
/** The kernel writes no more lines than are asked for, and most of this file's cost is in writing it. */
const MOUNTS_PIECE = 512;

export function readHostHints(folder: string): HostHints {
  // Whole, however long: on a host with many containers the list of mounts is.
  const mounts = parseMounts(readWhole(`${folder}/mountinfo`));
  return {
    net: readNetMark(folder),
    mountIds: new Set(mounts.ids),
    root: mounts.root,
    user: tryReadRecord(`${folder}/uid_map`),
  };
}

export function readHints(folder: string, host: HostHints): Hints {
  const net = readNetMark(folder);
  const text = tryReadStart(`${folder}/mountinfo`, {
    limit: MOUNTS_START,
    piece: MOUNTS_PIECE,
    enough: (start) => /^(\S+ ){4}\/ .*\n/m.test(start),
  });
  const mounts = parseMounts(text);
  const mount = mounts.ids[0] ?? null;
  const user = tryReadRecord(`${folder}/uid_map`);
  return {
    net: { mark: net, own: net === null || host.net === null ? null : net !== host.net },
    mnt: { mark: mount === null ? null : String(mount), own: mount === null ? null : !host.mountIds.has(mount) },
    user: { mark: user, own: user === null || host.user === null || user === host.user ? null : true },
    hostRoot: mounts.root !== null && mounts.root === host.root,
  };
}

function readNetMark(folder: string): string | null {
  const file = tryStat(`${folder}/net/dev`);
  return file && String(file.inode);
}
