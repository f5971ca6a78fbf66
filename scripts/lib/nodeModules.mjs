// Brings node_modules in line with package-lock.json, and does nothing where it is.
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { run, which } from './run.mjs';

export async function ensureNodeModules({ signal } = {}) {
  const stale = staleModule();
  if (stale === undefined) return;
  console.log(`Installing npm packages (${stale})`);
  const npm = npmCommand();
  await run(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund'], { cwd: ROOT, signal });
}

/** The argv of npm: the one that started us, or else the one on PATH. */
export function npmCommand() {
  const npm = process.env.npm_execpath ?? which('npm');
  if (!npm) throw new Error('There is no npm. Please install it together with Node 20 or later.');
  // Version managers put a program of their own in its place.
  const script = realpathSync(npm);
  return script.endsWith('.js') ? [process.execPath, script] : [npm];
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
