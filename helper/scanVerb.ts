// `ns-helper scan [--json | --watch]`: prints what has namespaces of its own. Needs no rights; with more it sees more. A program
// by itself that main.ts hands over to, as verbs.ts is.
import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { errorCode } from './errors';
import { unshield } from './protocol';
import { parseScan } from './scan/arguments';
import { prepareToLast } from './scan/lasting';
import { run } from './run';
import { scan } from './scan/scan';
import { scanTable } from './scan/table';
import { watch } from './scan/watch';

/** Takes what follows `scan` on the command line and returns the exit code. */
async function scanVerb(argv: readonly string[]): Promise<number> {
  const { json, watch: watches } = parseScan(argv);
  if (watches) {
    prepareToLast();
    await watch(process.stdin, process.stdout);
    // Not by itself: what a reader that stopped reading has not taken would keep the process.
    process.exit(0);
  }
  // A scan is over before code that V8 compiled with care has paid: a tenth of its time. What it compiles at once pays. To
  // share the little garbage with another thread costs more than to collect it.
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-maglev');
  setFlagsFromString('--sparkplug');
  setFlagsFromString('--no-parallel-scavenge');
  const document = scan({ containersOnly: !json, hostPids: json });
  printAll(json ? `${JSON.stringify(document)}\n` : scanTable(document));
  // At once: to collect its garbage first would take V8 some ten milliseconds.
  process.exit(0);
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

run(() => scanVerb(unshield(process.argv.slice(2)).slice(1)));
