// Where the project's own things are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { platformTarget } from './platforms.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The Node that the tools want (22 or later), brought by npm, so that a machine needs only Node 20. */
export const TOOL_NODE = join(ROOT, 'node_modules/node/bin/node');

export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The package for a platform; by default for the one that this runs on. */
export const vsixOf = (target) => join(ROOT, `${MANIFEST.name}-${target}-${MANIFEST.version}.vsix`);

export const VSIX = vsixOf(platformTarget());
