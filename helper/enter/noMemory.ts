// What it means that a joined pid namespace has no room for a process.
import { errorCode, HelperError } from '../errors';

/** pid_namespaces(7): no process can be made in a pid namespace whose first one has ended, and the kernel says ENOMEM. */
export function explainNoMemory(error: unknown): never {
  if (!(error instanceof HelperError) || errorCode(error.cause) !== 'ENOMEM') throw error;
  throw new HelperError(
    'noTarget',
    'nothing can be started in that pid namespace any more: its first process has ended; the container may have stopped',
    { cause: error },
  );
}
