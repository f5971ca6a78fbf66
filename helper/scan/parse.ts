// What the text of /proc/PID/* means (proc(5)). Pure parsers: they throw on text that is not what the kernel writes.
// Text that a process chooses itself (its name, its arguments) is passed on as it is.

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
  const fields = text.slice(close + 2).split(' ');
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
  const values = (key: string): number[] => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}:\t`));
    return line
      ? line
          .slice(key.length + 2)
          .split('\t')
          .map(Number)
      : [];
  };
  const uid = values('Uid')[1];
  const pids = values('NSpid');
  if (uid === undefined || pids.length === 0 || [uid, ...pids].some(Number.isNaN)) {
    throw new SyntaxError('not the text of /proc/PID/status');
  }
  return { uid, pids };
}

/** The inode in `net:[4026531840]`. */
export function parseNamespaceLink(link: string): number {
  const match = /^[a-z_]+:\[(\d+)\]$/.exec(link);
  if (!match) throw new SyntaxError('not a namespace link');
  return Number(match[1]);
}

/** The first argument in /proc/PID/cmdline; empty for a process that has none. */
export function parseArgv0(cmdline: string): string {
  return cmdline.split('\0', 1)[0] ?? '';
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
