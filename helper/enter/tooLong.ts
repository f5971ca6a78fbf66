// Why the kernel finds a command line or an environment too long (execve(2), "Limits on size of arguments and environment"), and
// what to do: it says no more than E2BIG. Pure, but for the size of a page.
import { quote } from '../errors';
import { pageSize } from '../syscalls/exec';
import type { Environment } from './environment';

/** For the end of a sentence that says what cannot be executed. */
export function whyTooLong(argv: readonly Buffer[], environment: Environment): string {
  // MAX_ARG_STRLEN of <linux/binfmts.h>, the NUL at its end included. An argument came to us by the same rule.
  const most = 32 * pageSize() - 1;
  const variable = environment.find(({ length }) => length > most);
  if (variable) {
    const name = variable.toString('utf8', 0, variable.indexOf('='));
    return `its environment variable ${quote(name)} has ${variable.length} bytes, and the kernel takes at most ${most} in one; make it shorter, or hand it on in a file`;
  }
  const size = (strings: readonly Buffer[]): number => strings.reduce((sum, { length }) => sum + length + 1, 0);
  return `its environment has ${size(environment)} bytes in ${environment.length} variables, its arguments have ${size(argv)}, and together that is more than the kernel takes: a quarter of the limit of the stack, of which the pointers to them are a part (ulimit -s; 6 MiB at most); give it less`;
}
