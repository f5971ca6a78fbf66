// Installs what is missing with apt-get, on Debian and Ubuntu; elsewhere says what to install. Leaves alone what is there:
// a program counts, whichever package brought it (docker-ce instead of docker.io, say).
import { readFileSync } from 'node:fs';
import { asRoot, output, run, which } from './run.mjs';

/**
 * @param {{ package: string, program?: string, only?: string }[]} tools what is needed: the program, or where there is none,
 *   the package. `only` is the one distribution (ID of os-release(5)) with such a package; elsewhere it is not asked for.
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function ensureTools(tools, { signal } = {}) {
  const missing = [];
  for (const tool of tools.filter(({ only }) => !only || only === distribution())) {
    if (!(await isThere(tool))) missing.push(tool.package);
  }
  if (missing.length === 0) return;
  if (!which('apt-get')) {
    throw new Error(`This is neither Debian nor Ubuntu. Please install: ${missing.join(', ')}`);
  }
  console.log(`Installing Debian packages: ${missing.join(' ')}`);
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=600'];
  const [command, ...args] = asRoot(apt);
  await run(command, [...args, 'update'], { signal, quiet: true });
  await run(command, [...args, 'install', '--no-install-recommends', ...missing], { signal, quiet: true });
}

/** @param {{ package: string, program?: string }} tool */
async function isThere({ package: name, program }) {
  if (program) return which(program) !== undefined;
  if (!which('dpkg-query')) return false;
  const state = await output('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name]).catch(() => '');
  return state === 'installed';
}

function distribution() {
  try {
    return /^ID="?([\w.-]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
