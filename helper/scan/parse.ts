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
  /** Clock ticks since boot; Infinity where it was not read, see parseStatInStatus(). */
  startTime: number;
}

/** /proc/PID/stat. The command may hold spaces, parentheses and newlines, so the last `)` ends it. */
export function parseStat(text: string): Stat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = new Fields(text, close + 2);
  const state = fields.next(3);
  const parentPid = Number(fields.next(4));
  const flags = Number(fields.next(9));
  const startTime = fields.next(22);
  const stat = {
    command: text.slice(open + 1, close),
    state,
    parentPid,
    kernelThread: (flags & PF_KTHREAD) !== 0,
    startTime: Number(startTime),
  };
  if (open < 0 || close < open || startTime === '' || Number.isNaN(parentPid) || Number.isNaN(stat.startTime)) {
    throw new SyntaxError('not a line of /proc/PID/stat');
  }
  return stat;
}

/** Some of the fields of a line, in their order. Not split: of some fifty four matter, and a scan reads this for every process. */
class Fields {
  /** Of the one at `start`. */
  #number = 3;

  constructor(
    private readonly text: string,
    private start: number,
  ) {}

  /** Empty where there is none. */
  next(number: number): string {
    for (; this.#number < number; this.#number++) {
      const end = this.text.indexOf(' ', this.start);
      if (end < 0) return '';
      this.start = end + 1;
    }
    const end = this.text.indexOf(' ', this.start);
    return this.text.slice(this.start, end < 0 ? undefined : end);
  }
}

export interface Status {
  /** Effective user id, the one by which the kernel judges rights. */
  uid: number;
  /** The process's pid in each pid namespace, from that of the proc mount down to its own. */
  pids: number[];
}

/** /proc/PID/status. The kernel escapes newlines in `Name`, so no process can forge a line. */
export function parseStatus(text: string): Status {
  const [, effective = ''] = valueOf(text, '\nUid:\t').split('\t', 2);
  const inside = valueOf(text, '\nNSpid:\t');
  const uid = Number(effective);
  const pids = inside.split('\t').map(Number);
  if (effective === '' || inside === '' || Number.isNaN(uid) || pids.some(Number.isNaN)) throw notStatus();
  return { uid, pids };
}

/**
 * As parseStat(), of the text of /proc/PID/status in latin1, which has no start time (Infinity): of a process that is in a pid namespace
 * which another one is the first of. No kernel thread is in such a one.
 */
export function parseStatInStatus(text: string): Stat {
  const [state = ''] = valueOf(text, '\nState:\t');
  const parentPid = Number(valueOf(text, '\nPPid:\t') || NaN);
  if (state === '' || Number.isNaN(parentPid)) throw notStatus();
  const command = unescapeName(text.slice('Name:\t'.length, text.indexOf('\n')));
  return { command, state, parentPid, kernelThread: false, startTime: Infinity };
}

/** Searched, not split: of some sixty lines few matter, and a scan reads this for every process. Empty where there is no such line. */
function valueOf(text: string, line: string): string {
  const found = text.indexOf(line);
  if (found < 0) return '';
  const start = found + line.length;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}

/** The kernel writes newlines and backslashes with a backslash (proc_task_name() of Linux), other bytes as they are. */
function unescapeName(name: string): string {
  if (!/[\\\x80-\xff]/.test(name)) return name;
  return Buffer.from(name, 'latin1')
    .toString()
    .replace(/\\([n\\])/g, (_, escaped) => (escaped === 'n' ? '\n' : '\\'));
}

const notStatus = (): SyntaxError => new SyntaxError('not the text of /proc/PID/status');

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
