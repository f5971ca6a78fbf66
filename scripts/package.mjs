// Builds the extension and packs it into a VSIX file for the platform this runs on: the helper's native part is of one
// platform. Usage: node scripts/package.mjs
import { join } from 'node:path';
import { ensureNodeModules } from './lib/nodeModules.mjs';
import { platformTarget, ROOT, TOOL_NODE, VSIX } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

await ensureNodeModules();
await run(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
const vsce = join(ROOT, 'node_modules/@vscode/vsce/vsce');
await run(
  TOOL_NODE,
  [
    ...[vsce, 'package', '--target', platformTarget(), '--out', VSIX],
    // All that is needed is bundled into dist/.
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
  ],
  { cwd: ROOT, quiet: true },
);
console.log(VSIX);
