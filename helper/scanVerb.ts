// `ns-helper scan [--json]`: prints what has namespaces of its own. Needs no rights; with more of them it sees more.
import { writeSync } from 'node:fs';
import { errorCode, quote, reason } from './errors';
import { EXIT } from './protocol';
import { scan } from './scan/scan';
import { scanTable } from './scan/table';

/** Takes what follows `scan` on the command line and returns the exit code. */
export function scanVerb(argv: readonly string[]): number {
  const unknown = argv.find((argument) => argument !== '--json');
  if (unknown !== undefined) {
    return fail('badArguments', `scan: unknown argument ${quote(unknown)}; it takes --json or nothing`);
  }
  try {
    const document = scan();
    write(1, argv.includes('--json') ? `${JSON.stringify(document)}\n` : scanTable(document));
    return 0;
  } catch (error) {
    return fail('internal', `scan: ${reason(error)}`);
  }
}

function fail(exit: 'badArguments' | 'internal', message: string): number {
  write(2, `ns-helper: ${message}\n`);
  return EXIT[exit].code;
}

/** All of it before this returns: what process.stdout still holds is lost when the process exits. */
function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      const code = errorCode(error);
      // Whoever read this has seen enough (`scan | head`).
      if (code === 'EPIPE') return;
      // A pipe that does not block is full.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
