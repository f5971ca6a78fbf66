// The one place that turns a failure into a line on standard error and an exit code.
import { writeSync } from 'node:fs';
import { HelperError, reason } from './errors';

/** Runs what a verb asks for, and leaves its exit code for the end of the process; null: another run() gives it. */
export function run(verb: () => Promise<number | null>): void {
  verb().then(
    (code) => {
      if (code !== null) process.exitCode = code;
    },
    (error: unknown) => {
      process.exitCode = report(error);
    },
  );
}

function report(error: unknown): number {
  const failure =
    error instanceof HelperError
      ? error
      : new HelperError('internal', `a fault of its own: ${reason(error)}`, { cause: error });
  writeSync(2, `ns-helper: ${failure.message.replaceAll('\n', ' ')}\n`);
  // For engineers; never from a variable that a target could set.
  if (failure.exit === 'internal' && process.execArgv.includes('--trace-uncaught'))
    writeSync(2, `${String((error as Error).stack)}\n`);
  return failure.code;
}
