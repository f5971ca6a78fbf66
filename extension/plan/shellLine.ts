// An argv as a line that a person can paste into a POSIX shell. The one place for quoting; nothing here runs such a line.

/** What no shell gives a meaning to, wherever it stands. `=` and `~` are left out: they mean something at a word's start. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * Single quotes keep everything but themselves as it is (POSIX, Shell Command Language, 2.2.2), a line's end too. No
 * argument can hold a NUL.
 */
export function shellLine(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

function quote(argument: string): string {
  return PLAIN.test(argument) || isOption(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** `--net=/proc/1/ns/net` is easier to read without quotes, and `=` behind `--name` means nothing. */
function isOption(argument: string): boolean {
  return /^--[a-z-]+=[A-Za-z0-9_@%+:,./-]*$/.test(argument);
}
