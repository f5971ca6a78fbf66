// Where the benchmarks keep what they measured.
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

/** Writes it as the project's check of the layout wants it. */
export async function save(path, text) {
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
