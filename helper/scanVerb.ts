// `ns-helper scan [--json]`: prints what has namespaces of its own. Needs no rights; with more of them it sees more.
import { writeSync } from 'node:fs';
import { errorCode, HelperError, quote } from './errors';
import { scan } from './scan/scan';
import { scanTable } from './scan/table';

/** Takes what follows `scan` on the command line and returns the exit code. */
export function scanVerb(argv: readonly string[]): number {
  const unknown = argv.find((argument) => argument !== '--json');
  if (unknown !== undefined) {
    throw new HelperError('badArguments', `scan: unknown argument ${quote(unknown)} (it takes --json or nothing)`);
  }
  const document = scan();
  printAll(argv.includes('--json') ? `${JSON.stringify(document)}\n` : scanTable(document));
  return 0;
}

/** All of it before this returns: what process.stdout still holds is lost when the process exits. */
function printAll(text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
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
