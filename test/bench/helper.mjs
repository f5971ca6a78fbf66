// How the benchmarks start the helper: as the extension does.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { loadTypeScript } from './load.mjs';

export const HELPER = process.env.NS_HELPER ?? join(ROOT, 'dist/helper.js');

const { helperCommand: asTheExtensionDoes, NODE_OPTIONS } = loadTypeScript(
  'helper',
  `export { helperCommand } from './extension/shared/helperCommand'; export { NODE_OPTIONS } from './helper/protocol';`,
);

/** nodeOptions() of helper/protocol.ts, for the Node that is measured. */
export function nodeOptions() {
  const { status } = spawnSync(TOOL_NODE, ['--disable-sigusr1', '-e', '0']);
  return status === 0 ? [...NODE_OPTIONS, '--disable-sigusr1'] : NODE_OPTIONS;
}

const runtime = {
  execPath: TOOL_NODE,
  electron: false,
  nodeOptions: nodeOptions(),
  helperPath: HELPER,
  uid: 0,
  sudo: 'sudo',
  unshare: true,
};

/** What the extension has done a few seconds after the first terminal: later ones start with it. */
export async function keepCode(helperPath = HELPER) {
  const [command, ...args] = helperCommand(['compile'], { helperPath });
  await run(command, args);
}

/** By root, and so without sudo. `joinsMnt`: a container's filesystem is joined. */
export function helperCommand(args, { joinsMnt = false, helperPath = HELPER } = {}) {
  const { command, args: rest } = asTheExtensionDoes({ ...runtime, helperPath }, args, { needsRoot: false, joinsMnt });
  return [command, ...rest];
}
