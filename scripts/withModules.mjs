// Brings node_modules in line with package-lock.json, then runs a script that imports from it: in a fresh clone too.
// Usage: node scripts/withModules.mjs SCRIPT [ARG…]
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureNodeModules } from './lib/nodeModules.mjs';

const [node = '', , script = '', ...args] = process.argv;
const path = resolve(script);
try {
  await ensureNodeModules();
} catch (error) {
  console.error(`npm packages: ${error.message}`);
  process.exit(1);
}
// As if it had been started itself.
process.argv = [node, path, ...args];
await import(pathToFileURL(path).href);
