// The one place that begins a verb, and that turns a failure into a line on standard error and an exit code.
import { HelperError, reason } from './errors';
import { say } from './say';

/** Runs what a verb asks for, and leaves its exit code for the end of the process; null: another run() gives it. */
export function run(verb: () => Promise<number | null>): void {
  allowNoDebugger();
  verb().then(
    (code) => {
      if (code !== null) process.exitCode = code;
    },
    (error: unknown) => {
      process.exitCode = report(error);
    },
  );
}

/**
 * On SIGUSR1 Node lets whoever is on this machine debug it, on a port without a key; and a container that sees the host's
 * processes, as after `docker run --pid=host`, may send root's a signal (CAP_KILL is Docker's default). A handler takes the place
 * of Node's own. A debugger that was opened before, while Node started, is ended.
 */
function allowNoDebugger(): void {
  process.on('SIGUSR1', () => undefined);
  // All that Node has for it without loading node:inspector, which takes longer than all the rest of entering.
  (process as { _debugEnd?: () => void })._debugEnd?.();
}

function report(error: unknown): number {
  const failure =
    error instanceof HelperError
      ? error
      : new HelperError('internal', `internal error: ${reason(error)}`, { cause: error });
  say(failure.message.replaceAll('\n', ' '));
  // For engineers; never from a variable that a target could set.
  if (failure.exit === 'internal' && process.execArgv.includes('--trace-uncaught')) say(String((error as Error).stack));
  return failure.code;
}
