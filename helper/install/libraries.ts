// Whether what a Node loads with it is root's alone, like Node itself has to be: its libraries, its loader, and the folders in
// which that looks for them. Found in the files, and then by starting it.
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { reason } from '../errors';
import { readLoaderWords } from './elf';
import { isRootsAlone, isRootsToMake } from './trust';

/** A library, or a folder where one could be put, that others than root can change; null where there is none. Throws. */
export function foreignLibrary(node: string): string | null {
  // Before it is started: whoever asks may be root.
  const foreign = foreignIn(node);
  if (foreign !== null) return foreign;
  for (const library of librariesOf(node)) {
    if (!isRootsAlone(library)) return library;
    const beside = foreignIn(library);
    if (beside !== null) return beside;
  }
  return null;
}

/** Of what a file tells the loader. */
function foreignIn(file: string): string | null {
  const { interpreter, searched } = readLoaderWords(file);
  if (interpreter !== null && !isRootsAlone(interpreter)) return interpreter;
  const origin = dirname(realpathSync(file));
  // What else begins with a dollar sign is not known here, and an empty or relative one is in whatever folder one is.
  const folders = searched.map((folder) => folder.replace(/^\$(?:ORIGIN|\{ORIGIN\})(?=\/|$)/, () => origin));
  return folders.find((folder) => folder.includes('$') || !isRootsToMake(folder)) ?? null;
}

/** The paths of all that it has loaded, but for what the kernel itself puts there. */
function librariesOf(node: string): string[] {
  // Not the network of whoever is connected: their names would be looked up.
  const script = 'process.report.excludeNetwork = true; JSON.stringify(process.report.getReport().sharedObjects)';
  const result = spawnSync(node, ['--print', script], {
    cwd: '/',
    encoding: 'utf8',
    // Electron is Node only where its environment says so. There is nothing else in it that Node or the loader might obey.
    env: { ELECTRON_RUN_AS_NODE: '1', OPENSSL_CONF: '/dev/null' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 10_000,
  });
  if (result.error || result.status !== 0) {
    const why = result.error ? reason(result.error) : result.stderr.trim().split('\n')[0];
    throw new Error(`which libraries ${node} loads cannot be determined: ${why}`, { cause: result.error });
  }
  const loaded = JSON.parse(result.stdout) as string[];
  return loaded.filter((path) => path.includes('/'));
}
