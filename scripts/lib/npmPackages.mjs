// Gets packages that npm does not install on this machine: those for other processors, and other versions of Node. npm
// fetches each and keeps it in its own cache; what is unpacked has exactly the bytes that a hash in this repository names.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { personsEnvironment } from './environment.mjs';
import { run } from './run.mjs';

/**
 * Unpacks packages into folders of their own below `folder`; resolves with the folders, in the same order.
 *
 * @param {readonly import('./npmPackages.mjs').NpmPackage[]} packages
 * @param {string} folder
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function unpackPackages(packages, folder, { signal } = {}) {
  const specs = packages.map(({ name, version }) => `${name}@${version}`);
  const pack = ['pack', '--prefer-offline', '--ignore-scripts', '--loglevel=error', `--pack-destination=${folder}`];
  // Not in a folder with a package.json: npm would read its settings there.
  await run('npm', [...pack, ...specs], { cwd: folder, env: personsEnvironment(process.env), signal, quiet: true });
  const folders = [];
  for (const { name, version, integrity } of packages) {
    // npm's own way to name such a file.
    const archive = join(folder, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version}: its hash is ${found}, not ${integrity}`);
    const to = archive.slice(0, -'.tgz'.length);
    mkdirSync(to);
    // The owners in an archive are its maker's.
    await run('tar', ['-xzf', archive, '-C', to, '--strip-components=1', '--no-same-owner'], { signal });
    rmSync(archive);
    folders.push(to);
  }
  return folders;
}
