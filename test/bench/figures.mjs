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

/**
 * Three rows in MB of 10^6 bytes (proc_pid_smaps_rollup(5)): all that a process has in memory; what it has for itself and ends
 * with it; and what only it has read of files at the moment, which is the page cache's.
 */
export function memoryRows(name, pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const row = (what, field) => {
    const kilobytes = Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
    return { name: `${name}: ${what}`, value: (kilobytes * 1024) / 1e6, unit: 'MB' };
  };
  return [
    row('resident', 'Rss'),
    row('private', 'Private_Dirty'),
    row('of files that no other process has read', 'Private_Clean'),
  ];
}
