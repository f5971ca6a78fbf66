// Takes the README's pictures anew, from the packed extension in a real editor among containers that are started for them.
// They see a machine of their own: namespaces with a copy of /etc, an empty /home and /run, and no process of the real
// one. Pictures go to media/readme, logs to out/artifacts/pictures. Usage: node scripts/pictures.mjs
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools } from './lib/apt.mjs';
import { ensureCodeServer } from './lib/installCodeServer.mjs';
import { ensureNodeModules } from './lib/nodeModules.mjs';
import { ROOT, TOOL_NODE, VSIX } from './lib/paths.mjs';
import { platformTarget } from './lib/platforms.mjs';
import { isRoot, run } from './lib/run.mjs';
import { UI_TOOLS } from './lib/suites.mjs';

const OWN_NAMESPACES = ['--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--net', '--uts', '--ipc'];
const PICTURES = join(ROOT, 'media/readme');
const ARTIFACTS = join(ROOT, 'out/artifacts/pictures');

async function main() {
  if (!isRoot) throw new Error('it needs root, for containers and namespaces: sudo npm run pictures');
  await ensureTools([...UI_TOOLS, { program: 'curl', package: 'curl' }]);
  await ensureNodeModules();
  await ensureCodeServer();
  await run(process.execPath, [join(ROOT, 'scripts/package.mjs'), platformTarget()], { cwd: ROOT });
  await run(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--tests'], { cwd: ROOT });
  rmSync(ARTIFACTS, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  const script = join(ROOT, 'out/pictures/takePictures.js');
  const argv = [...OWN_NAMESPACES, '--', TOOL_NODE, '--enable-source-maps', script, VSIX, PICTURES, ARTIFACTS];
  await run('unshare', argv, { cwd: '/' });
}

// Ctrl-C reaches what we started, too, and that ends in order.
process.on('SIGINT', () => undefined);
main().catch((error) => {
  console.error(`pictures: ${error.message}`);
  process.exitCode = 1;
});
