// Changes to the directory that the caller has named for the command.
import { closeSync, constants, openSync } from 'node:fs';
import { HelperError, quote, reason } from '../errors';
import { fchdir, O_PATH } from '../syscalls/files';
import { bytesOf } from './bytes';

/** With null, stays where it is. Throws a HelperError. */
export function changeDirectory(directory: string | null): void {
  if (directory === null) return;
  try {
    const fd = openSync(bytesOf(directory), O_PATH | constants.O_DIRECTORY);
    fchdir(fd);
    closeSync(fd);
  } catch (error) {
    throw new HelperError(
      'badDirectory',
      `cannot change to ${quote(directory)} in the target: ${reason(error)}; give another --cwd`,
      {
        cause: error,
      },
    );
  }
}
