// When a process started: with its pid, what tells it from every other (proc_pid_stat(5)).
import { readFile } from 'node:fs/promises';

/** Field 22 of /proc/PID/stat, in clock ticks since boot; NaN where the process has ended or may not be seen. */
export async function readStartTime(pid: number): Promise<number> {
  return startTimeIn(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ''));
}

/** The second field, in parentheses, may hold anything. */
function startTimeIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[22 - 3] ?? NaN);
}
