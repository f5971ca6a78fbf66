// What the benchmarks have in common: medians, and the memory of a process.
import { readFileSync } from 'node:fs';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
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
