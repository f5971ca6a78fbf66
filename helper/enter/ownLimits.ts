// What the helper itself needs of the limits that it was started with (getrlimit(2)).
import { writeFileSync } from 'node:fs';
import { errorCode, HelperError } from '../errors';
import { openFileLimit } from '../syscalls/exec';

/** Node has some twenty open by itself. With each of all types from another process, 48 were enough. */
const OPEN_FILES_NEEDED = 64;

/**
 * Throws where too few files may be open at once: with fewer, what cannot be opened would look as if it were not there. The limit is the
 * hard one, to which Node raises its own.
 */
export function refuseFewOpenFiles(): void {
  const limit = openFileLimit();
  if (limit >= OPEN_FILES_NEEDED) return;
  throw new HelperError(
    'notPermitted',
    `the hard limit of open files is ${limit}, and entering takes up to ${OPEN_FILES_NEEDED}; raise it as root (ulimit -n ${OPEN_FILES_NEEDED})`,
  );
}

/** Writes all of a file in memory, for which the limit of file size holds, too. */
export function writeMemory(fd: number, content: string | Buffer): void {
  try {
    writeFileSync(fd, content);
  } catch (error) {
    if (errorCode(error) !== 'EFBIG') throw error;
    throw new HelperError(
      'notPermitted',
      `the limit of file size is below the ${Buffer.byteLength(content)} bytes of what is handed on to the next program; raise it (ulimit -f)`,
      { cause: error },
    );
  }
}
