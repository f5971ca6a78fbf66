// Reading /proc/PID/stat and /proc/PID/status (proc(5)). Pure parsers.

/** Field 22: clock ticks since boot at which the process started. NaN where the text is no stat line. */
export function parseStartTime(stat: string): number {
  // The fields from the third on: the second, the command, may itself hold spaces and parentheses.
  const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  return field === undefined ? NaN : Number.parseInt(field, 10);
}

/** Values of one line of /proc/PID/status, such as `Uid` or `Groups`. Empty where there is no such line. */
export function statusNumbers(status: string, key: string): number[] {
  const line = status.split('\n').find((text) => text.startsWith(`${key}:`));
  return line ? (line.slice(key.length + 1).match(/\d+/g) ?? []).map(Number) : [];
}
