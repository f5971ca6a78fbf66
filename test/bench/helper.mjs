// How the benchmarks start the helper: as its users' command lines do.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';

export const HELPER = process.env.NS_HELPER ?? join(ROOT, 'dist/helper.js');

/** NODE_OPTIONS of helper/protocol.ts, from the first line of the bundle. */
export function nodeOptions() {
  const [line] = readFileSync(HELPER, 'utf8').split('\n', 1);
  return /^#!\/usr\/bin\/env -S node (.*) --$/.exec(line)[1].split(' ');
}

/** As the extension and an installed ns-helper start it. */
export const helperCommand = (...args) => [TOOL_NODE, ...nodeOptions(), '--', HELPER, ...args];

/** As the extension starts it where a container's filesystem is joined. */
export const helperByStart = (...args) => ['/bin/sh', join(dirname(HELPER), 'start.sh'), ...helperCommand(...args)];
