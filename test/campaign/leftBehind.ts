// What is there besides what ought to be: processes, mounts, cgroups, named networks and files that carry a mark of the
// campaign's own. Only what carries one is looked at, because others use the machine meanwhile.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '../support/run';

export const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export const commandOf = (pid: number): string => readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

/** The real user id: who owns the folder does not tell where a process made itself undumpable (proc(5)). */
export const uidOf = (pid: number): number => Number(/^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? -1);

/** Processes with one of the marks on their command line or in their environment. The campaign itself does not count. */
export function leftProcesses(marks: ReadonlySet<string>): string[] {
  const isOurs = (text: string): boolean => [...marks].some((mark) => text.includes(mark));
  return pids()
    .filter((pid) => pid !== process.pid && isRunning(pid))
    .filter((pid) => isOurs(`${readText(`/proc/${pid}/cmdline`)}\0${readText(`/proc/${pid}/environ`)}`))
    .map((pid) => `process ${pid}: ${commandOf(pid)}`);
}

/** Everything that names one of the marks. */
export function leftOnMachine(marks: ReadonlySet<string>): string[] {
  const isOurs = (text: string): boolean => [...marks].some((mark) => text.includes(mark));
  const mounts = readText('/proc/self/mountinfo').split('\n').filter(isOurs);
  const networks = namesIn('/run/netns').filter(isOurs);
  const cgroups = namesBelow('/sys/fs/cgroup').filter(isOurs);
  const files = ['/tmp', '/dev/shm', '/run', '/run/user', '/run/sudo/ts', '/etc/sudoers.d', '/home'].flatMap((folder) =>
    namesIn(folder).map((name) => join(folder, name)),
  );
  return [
    ...leftProcesses(marks),
    ...mounts.map((line) => `mount ${line}`),
    ...networks.map((name) => `/run/netns/${name}`),
    ...cgroups.map((path) => `cgroup ${path}`),
    ...files.filter(isOurs).map((path) => `file ${path}`),
  ];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function namesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return entries.flatMap(({ name }) => [join(folder, name), ...namesBelow(join(folder, name))]);
  } catch {
    return [];
  }
}

/** Descriptors, memory and dead children of a process that lives long. */
export interface Weight {
  readonly descriptors: number;
  readonly zombies: number;
  readonly megabytes: number;
}

export function weigh(pid: number): Weight {
  const children = readText(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return {
    descriptors: namesIn(`/proc/${pid}/fd`).length,
    zombies: children.filter((child) => !isRunning(child) && readText(`/proc/${child}/stat`) !== '').length,
    megabytes: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) / 1024),
  };
}

/** What a process has open, for a report where that grew. */
export function descriptorsOf(pid: number): string[] {
  return namesIn(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '(closed)';
    }
  });
}

export const netOf = (pid: number): number | undefined => {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return undefined;
  }
};

/** A process and who started it, for a report where it should have ended. */
export function ancestry(pid: number, levels = 3): string {
  const parent = Number(/^PPid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
  return `${pid} ${commandOf(pid)}${levels > 1 && parent > 1 ? ` < ${ancestry(parent, levels - 1)}` : ''}`;
}
