// Reads files in which the kernel tells about itself. Not every kernel has all of them.
import { readFileSync } from 'node:fs';

/** The text without surrounding white space; null where there is no such file or we may not read it. */
export function readKernelFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
