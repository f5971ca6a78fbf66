// The commands of processes, which everybody may read unless /proc is mounted with hidepid. Reads when asked, keeps nothing.
import { readFile } from 'node:fs/promises';

export interface RunningProcess {
  readonly pid: number;
  /** Its arguments, or its name where it has none; whatever a stranger chose. */
  readonly command: string;
}

/** More would fill the view, or a page, with what a person looks for elsewhere. */
export const MOST_PROCESSES = 200;

/** Those that may be read and have not ended; never rejects. */
export async function readProcesses(pids: readonly number[]): Promise<RunningProcess[]> {
  const found = await Promise.all(pids.map(readOne));
  return found.flatMap((process) => process ?? []);
}

async function readOne(pid: number): Promise<RunningProcess | null> {
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    // A program may write over its arguments, and then the last of them does not end them (proc_pid_cmdline(5)).
    const command = line.replace(/\0+$/, '').replaceAll('\0', ' ');
    return { pid, command: command === '' ? (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() : command };
  } catch {
    return null;
  }
}
