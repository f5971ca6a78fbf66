// What the text of /proc/PID/* means (proc(5)). Pure parsers: they throw on text that is not what the kernel writes.
// Text that a process chooses itself (its name, its arguments) is passed on as it is.
import { isUtf8 } from 'node:buffer';
import { unescapeMountPath } from '../mounts';
import type { NamespaceName } from '../namespaceTypes';

/** From linux/sched.h; shown in field 9 of /proc/PID/stat. */
const PF_KTHREAD = 0x00200000;

export interface Stat {
  command: string;
  state: string;
  parentPid: number;
  kernelThread: boolean;
  /** Clock ticks since boot. */
  startTime: number;
}

/** /proc/PID/stat. The command may hold spaces, parentheses and newlines, so the last `)` ends it. */
export function parseStat(text: string): Stat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  // The rest is not needed, and this is read of every process.
  const fields = text.slice(close + 2).split(' ', 22 - 3 + 1);
  const field = (number: number): string => fields[number - 3] ?? '';
  const stat = {
    command: text.slice(open + 1, close),
    state: field(3),
    parentPid: Number(field(4)),
    kernelThread: (Number(field(9)) & PF_KTHREAD) !== 0,
    startTime: Number(field(22)),
  };
  if (open < 0 || close < open || field(22) === '' || Number.isNaN(stat.parentPid) || Number.isNaN(stat.startTime)) {
    throw new SyntaxError('not a line of /proc/PID/stat');
  }
  return stat;
}

export interface Status {
  /** Effective user id, the one by which the kernel judges rights. */
  uid: number;
  /** The process's pid in each pid namespace, from that of the proc mount down to its own. */
  pids: number[];
}

/** /proc/PID/status. The kernel escapes newlines in `Name`, so no process can forge a line. */
export function parseStatus(text: string): Status {
  // Searched, not split: of some sixty lines two matter, and a scan reads this for every process.
  const values = (key: string): number[] => {
    const start = text.indexOf(`\n${key}:\t`);
    if (start < 0) return [];
    const end = text.indexOf('\n', start + 1);
    return text
      .slice(start + key.length + 3, end < 0 ? undefined : end)
      .split('\t')
      .map(Number);
  };
  const uid = values('Uid')[1];
  const pids = values('NSpid');
  if (uid === undefined || pids.length === 0 || [uid, ...pids].some(Number.isNaN)) {
    throw new SyntaxError('not the text of /proc/PID/status');
  }
  return { uid, pids };
}

/** The inode in `net:[4026531840]`. A scan reads eight of each process: hence no regular expression. */
export function parseNamespaceLink(link: string, type: NamespaceName): number {
  const inode = Number(link.slice(type.length + ':['.length, -1));
  if (!Number.isSafeInteger(inode) || inode <= 0 || !link.startsWith(':[', type.length) || !link.endsWith(']')) {
    throw new SyntaxError('not a namespace link');
  }
  return inode;
}

/** Type and inode in `net:[4026531840]`, or null for anything else. */
export function parseNamespaceName(text: string): { type: string; inode: number } | null {
  const open = text.indexOf(':[');
  if (open <= 0 || !text.endsWith(']')) return null;
  const inode = Number(text.slice(open + 2, -1));
  return Number.isSafeInteger(inode) && inode > 0 ? { type: text.slice(0, open), inode } : null;
}

/** /proc/PID/cmdline; empty for a process that has none. A process may have written over it, without any NUL. */
export function parseArguments(cmdline: string): string[] {
  return cmdline === '' ? [] : cmdline.replace(/\0$/, '').split('\0');
}

export interface Mounts {
  /** Mount ids are unique on the machine, so a process with one of these ids is in this mount namespace. */
  ids: number[];
  /** Device and folder that `/` shows, or null where no mount is at `/` (in a chroot). */
  root: string | null;
}

/** /proc/PID/mountinfo, possibly cut off in its last line. */
export function parseMounts(text: string): Mounts {
  const lines = text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields.length >= 5);
  const root = lines.find((fields) => fields[4] === '/');
  return {
    ids: lines.map((fields) => Number(fields[0])),
    root: root ? `${root[2] ?? ''} ${root[3] ?? ''}` : null,
  };
}

/** The file system's names are bytes. Where they are no UTF-8, those beyond ASCII are written as `\xff`, and a backslash as `\\`. */
export function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : escapeBytes(bytes);
}

function escapeBytes(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\\\x80-\xff]/g, (byte) => (byte === '\\' ? '\\\\' : `\\x${byte.charCodeAt(0).toString(16)}`));
}

export interface NamespaceMount {
  /** Such as `net:[4026532280]`. */
  name: string;
  path: Buffer;
}

/** A line of /proc/PID/mountinfo, in latin1, whose file system is nsfs: the folder within it is the namespace's name. */
export function parseNamespaceMount(line: string): NamespaceMount {
  const [, , , name = '', path = ''] = line.split(' ');
  return { name, path: Buffer.from(unescapeMountPath(path), 'latin1') };
}
