// Where the packages are that `npm run package` makes, and a copy of the sources to make others from.
import { cpSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '../support/run';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };
const NOT_SOURCES = ['node_modules', '.git', 'dist', 'out'];

export const vsixOf = (target: string, folder = '.'): string => `${folder}/${name}-${target}-${version}.vsix`;

/** A new folder with the sources in it, for the caller to remove. */
export function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lns-rebuild-'));
  const isSource = (path: string): boolean => !NOT_SOURCES.includes(basename(path)) && !path.endsWith('.vsix');
  cpSync('.', folder, { recursive: true, filter: isSource });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Packs the sources in a folder, with another umask than usual. */
export async function packIn(folder: string, args: readonly string[], env = process.env): Promise<void> {
  const build = ['sh', '-euc', 'umask 077; exec "$@"', 'sh', process.execPath, 'scripts/package.mjs', ...args];
  await run('setpriv', ['--pdeathsig', 'KILL', '--', ...build], { cwd: folder, env });
}
