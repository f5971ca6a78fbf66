// Starts the helper anew, with the same command line, from a file of Node's that cannot be written to: see readOnly.ts.
import { shield, unshield } from '../protocol';
import { ownArguments } from './bytes';
import type { Environment } from './environment';
import { execInPlace } from './launch';
import { holdReadOnly, isWritable, OWN_FILE } from './readOnly';

/** The name under which a helper runs that was started again, in ps(1) too. It only decides what --verbose says. */
const RESTARTED = 'ns-helper';
export const isRestarted = (): boolean => process.argv0 === RESTARTED;

/**
 * If the program that runs us can be written to, starts this helper again from a read-only mount of it, with the same command line;
 * only a mount namespace that was given as a file is named by `mntFile`, its descriptor, from then on. Call this before any of a
 * target's files is executed. `before` is called only if the helper is started again.
 */
export function restartReadOnly(
  environment: Environment,
  before: () => void = () => undefined,
  mntFile: number | null = null,
): void {
  if (!isWritable(OWN_FILE)) return;
  before();
  const program = holdReadOnly(process.execPath);
  const given = unshield(ownArguments());
  const args = mntFile === null ? given : withMntFile(given, mntFile);
  const argv = [RESTARTED, ...process.execArgv, '--', process.argv[1] ?? '', ...shield(args)];
  execInPlace({ program, argv, environment, openFiles: null }, mntFile === null ? [] : [mntFile]);
}

/** A copy of a mount namespace has no bind mounts of mount namespaces: the kernel omits them, so that none keeps itself alive. */
function withMntFile(args: readonly string[], fd: number): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((value, index) =>
    index < end && args[index - 1] === '--file'
      ? value.replace(/^(mnt=(?:[0-9]+:)?).*$/s, `$1/proc/self/fd/${fd}`)
      : value,
  );
}
