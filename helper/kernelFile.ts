// Reading what the kernel tells in files of its own, some of which not every kernel has.
import { readFileSync } from 'node:fs';

/** The text without the line break at its end; null where there is no such file, or none that we may read. */
export function readKernelFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
