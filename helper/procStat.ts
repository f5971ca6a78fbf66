// Reading /proc/PID/stat and /proc/PID/status (proc(5)). Pure parsers.

/** Fields of /proc/PID/stat after the command, which may itself hold spaces and parentheses; index 0 is field 3. */
function fieldsAfterCommand(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Field 22: clock ticks since boot at which the process started. NaN where the text is no stat line. */
export function parseStartTime(stat: string): number {
  const field = fieldsAfterCommand(stat)[22 - 3];
  return field === undefined ? NaN : Number.parseInt(field, 10);
}

/** Field 3: one letter, such as `T` for stopped or `Z` for a zombie. */
export function parseState(stat: string): string {
  return fieldsAfterCommand(stat)[0] ?? '';
}

/** Values of one line of /proc/PID/status, such as `Uid` or `Groups`. Empty where there is no such line. */
export function statusNumbers(status: string, key: string): number[] {
  const line = status.split('\n').find((text) => text.startsWith(`${key}:`));
  return line ? (line.slice(key.length + 1).match(/\d+/g) ?? []).map(Number) : [];
}
