// How the extension, where it runs on Node, runs the helper of a test.
import type { Runtime } from '../../extension/shared/helperCommand';
import { nodeOptions } from '../../helper/protocol';

export function runtimeOf(helperPath: string, change: Partial<Runtime> = {}): Runtime {
  return {
    execPath: process.execPath,
    electron: false,
    nodeOptions: nodeOptions(),
    helperPath,
    uid: process.getuid?.() ?? 0,
    sudo: 'sudo',
    unshare: true,
    ...change,
  };
}
