// A benchmark's own folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gone when the program ends, also by Ctrl-C; it ends at a signal, then. */
export function makeScratch() {
  const folder = mkdtempSync(join(tmpdir(), 'lns-bench-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  return folder;
}
