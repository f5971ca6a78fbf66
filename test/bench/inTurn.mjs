// How long whole programs take, by hyperfine: one after the other, so that whatever else the machine does meets all of them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { output } from '../../scripts/lib/run.mjs';

export const HYPERFINE = { program: 'hyperfine', package: 'hyperfine' };

/**
 * Milliseconds of each program, in their order, in the project's folder: the wall time of each run, and user and system time of it and its children
 * (wait4(2), which does not count in ticks) as the mean of its runs. Rejects where one fails.
 *
 * @param {readonly (readonly string[])[]} argvs
 * @returns {Promise<{ wall: number[], cpu: number }[]>}
 */
export async function timeInTurn(argvs, { runs = 1, warmup = 0 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lns-bench-'));
  try {
    const file = join(folder, 'times.json');
    // -N: no shell around it, whose own time would have to be subtracted. hyperfine itself takes a quoted command line.
    const options = ['-N', `--warmup=${warmup}`, `--runs=${runs}`, '--style=none', `--export-json=${file}`];
    await output('hyperfine', [...options, ...argvs.map(quoted)], { cwd: ROOT });
    return JSON.parse(readFileSync(file, 'utf8')).results.map(({ times, user, system }) => ({
      wall: times.map((seconds) => 1000 * seconds),
      cpu: 1000 * (user + system),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const quoted = (argv) => argv.map((argument) => `'${argument.replaceAll("'", `'\\''`)}'`).join(' ');
