// Starts and ends the demo's sandboxes on behalf of `npm start`, by sudo where it has to be.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { asRoot, isRoot, output } from './run.mjs';

/** Whether there is anything to enter. A system's own services with a private /tmp are not what people look for. */
export async function anythingToEnter() {
  const scan = JSON.parse(await output(process.execPath, [join(ROOT, 'dist/helper.js'), 'scan', '--json']));
  return scan.containers.some(({ engine }) => engine !== 'service');
}

/** Resolves with what ends them, when they are up. */
export async function startDemo() {
  if (!isRoot) console.log('The demo is made by root: sudo may ask for your password.');
  const [command, ...args] = asRoot([process.execPath, join(ROOT, 'scripts/demo/sandboxes.mjs')]);
  const child = spawn(command, args, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined); // It has ended, which is what closing its input would bring about.
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  const ready = new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the demo could not be started: exit code ${code}`)));
  });
  await ready;
  return stop;
}
