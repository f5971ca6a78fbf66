// Brings node_modules in line with package-lock.json, and does nothing where it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { personsEnvironment } from './environment.mjs';
import { ROOT } from './paths.mjs';
import { run } from './run.mjs';

/** @param {{ signal?: AbortSignal }} [options] */
export async function ensureNodeModules({ signal } = {}) {
  const stale = staleModule();
  if (stale === undefined) return;
  console.log(`Installing npm packages (${stale})`);
  // Not with the Node that npm put before all others on our PATH: that one is about to be replaced.
  const env = personsEnvironment(process.env);
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT, env, signal });
}

/** Why an installation is needed; undefined where it is not. npm writes down what it installed. */
function staleModule() {
  const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  let installed;
  try {
    installed = JSON.parse(readFileSync(join(ROOT, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch {
    return 'none yet';
  }
  for (const [path, { version, optional }] of Object.entries(locked)) {
    if (path === '' || installed[path]?.version === version) continue;
    // Optional ones are for other platforms, or not there at all.
    if (optional && !installed[path]) continue;
    return `${path} is not at ${version}`;
  }
  return undefined;
}
