// Whether a Node obeys files that whoever calls the helper names. Found by trying, since distributions mend old versions; the
// file it is tried with asks for nothing but a mark. What follows from it is for install and doctor to say.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '../errors';

/**
 * Node before 20.19 and 22.8 looks for its option --env-file behind -- too, among the arguments of the script, and obeys NODE_OPTIONS
 * in that file. With `--require=` there, a caller's own code runs as root before the helper's first line.
 */
export function obeysFilesOfCallers(node: string): boolean {
  // Not where TMPDIR says: it may be somebody else's, who could have root try another file. /tmp is sticky, mkdtemp 0700.
  const folder = mkdtempSync('/tmp/ns-helper-');
  try {
    writeFileSync(join(folder, 'options'), 'NODE_OPTIONS=--no-deprecation\n');
    // Electron is Node only where its environment says so. There is nothing else in it that Node might obey.
    const result = spawnSync(node, ['--print', 'process.noDeprecation === true', '--', '--env-file=options'], {
      // Node 20.9 looks for every file below where it is, absolute paths too.
      cwd: folder,
      encoding: 'utf8',
      env: { ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    });
    const said = result.error ? '' : result.stdout.trim();
    if (said === 'true' || said === 'false') return said === 'true';
    const why = result.error ? reason(result.error) : result.stderr.trim().split('\n')[0];
    throw new Error(`whether ${node} obeys an --env-file cannot be tried: ${why}`, { cause: result.error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
