// Where the project's own things are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The Node that the tools want (22 or later), brought by npm, so that a machine needs only Node 20. */
export const TOOL_NODE = join(ROOT, 'node_modules/node/bin/node');

export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** vsce's word for this platform: linux-x64, linux-arm64, alpine-x64 … */
export function platformTarget() {
  // Only glibc's Node reports the C library's version.
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'linux' : 'alpine';
  return `${libc}-${process.arch}`;
}

export const VSIX = join(ROOT, `${MANIFEST.name}-${platformTarget()}-${MANIFEST.version}.vsix`);
