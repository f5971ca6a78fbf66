// How the extension, where it runs on Node, starts the process that looks.
import { join } from 'node:path';
import type { ProcessCommand } from '../../extension/discover/lineProcess';
import { nodeCommand } from '../../extension/shared/helperCommand';
import { runtimeOf } from './runtime';

export function discoveryCommand(language = 'en'): ProcessCommand {
  const program = join(process.cwd(), 'dist/discovery.js');
  return { ...nodeCommand(runtimeOf(''), program, [language]), env: process.env };
}
