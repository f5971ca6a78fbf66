// Loads what is TypeScript, the product's own code and the tests' helpers: bundled for this run, as the tests are.
import { buildSync } from 'esbuild';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/paths.mjs';

/** @param {string} name of the bundle @param {string} contents what to export, by paths from the project's root */
export function loadTypeScript(name, contents, external = []) {
  const outfile = join(ROOT, 'out/bench', `${name}.cjs`);
  buildSync({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    external,
    logLevel: 'warning',
  });
  return createRequire(import.meta.url)(outfile);
}
