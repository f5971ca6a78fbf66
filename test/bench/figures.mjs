// What the benchmarks have in common: medians, and the CPU time of what they start.
import { readFileSync } from 'node:fs';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** Milliseconds of user and system time of all children so far: fields 16 and 17 of /proc/self/stat, in ticks of 10 ms. */
export function childrenCpu() {
  const fields = fieldsOf('self');
  return 10 * (Number(fields[16 - 3]) + Number(fields[17 - 3]));
}

/** proc_pid_stat(5): the fields from the third on; the second, the name, may hold blanks and parentheses. */
function fieldsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** The most that a process shares with nobody, and what it has in memory at all, in MB (proc_pid_smaps_rollup(5)). */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const sum = (pattern) =>
    [...text.matchAll(pattern)].reduce((all, [, kilobytes]) => all + Number(kilobytes), 0) / 1024;
  return { resident: sum(/^Rss:\s+(\d+)/gm), own: sum(/^Private_\w+:\s+(\d+)/gm) };
}
