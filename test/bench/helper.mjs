// How the benchmarks start the helper: as its users' command lines do.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';

export const HELPER = process.env.NS_HELPER ?? join(ROOT, 'dist/helper.js');

/** nodeOptions() of helper/protocol.ts, for the Node that is measured. */
export function nodeOptions() {
  const [line] = readFileSync(HELPER, 'utf8').split('\n', 1);
  const options = /^#!\/usr\/bin\/env -S node (.*) --$/.exec(line)?.[1]?.split(' ');
  if (!options) throw new Error(`${HELPER}: its first line names no options of Node's`);
  const { status } = spawnSync(TOOL_NODE, ['--disable-sigusr1', '-e', '0']);
  return status === 0 ? [...options, '--disable-sigusr1'] : options;
}

/** As the extension starts it, with ENTER_OPTIONS of protocol.ts. */
export const helperCommand = (verb, ...args) => [
  ...[TOOL_NODE, ...nodeOptions(), ...(verb === 'enter' ? ['--no-lazy'] : [])],
  ...['--', HELPER, verb, ...args],
];

/** As the extension starts it where a container's filesystem is joined. */
export const helperWithOwnMounts = (verb, ...args) => [
  ...['/usr/bin/unshare', '--mount', '--'],
  ...helperCommand(verb, '--own-mounts', ...args),
];
