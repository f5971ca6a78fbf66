// A sandbox whose root directory holds sleep(1) and what that needs, and nothing else: no shell, as in a distroless image.
import { copyFileSync, mkdirSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { capture, waitFor } from './run';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { startSandbox, type Sandbox } from './sandbox';

/** `name` is what it goes by: its program's. */
export async function startShellLess(types: readonly NamespaceName[]): Promise<Sandbox & { readonly name: string }> {
  const root = mkdtempSync(join(tmpdir(), 'lns-noshell-'));
  const name = basename(root);
  const program = `/${name}`;
  try {
    await copyWithLibraries('/bin/sleep', root, program);
    const sandbox = await startSandbox({ name: program, types, command: ['chroot', root, program, '1000000'] });
    const stop = async (): Promise<void> => {
      await sandbox.stop();
      rmSync(root, { recursive: true });
    };
    try {
      // Under chroot's own name until it has become what it is to run in there.
      await waitFor('chroot', () => readlinkSync(`/proc/${sandbox.pid}/root`) === root);
    } catch (error) {
      await stop();
      throw error;
    }
    return { ...sandbox, name, stop };
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

/** A program of the host's to where it is to be below a root directory, with the libraries it needs there. */
async function copyWithLibraries(program: string, root: string, path: string): Promise<void> {
  // One that is linked statically has none, which is an error to ldd.
  const libraries = (await capture('ldd', [program])).stdout.match(/\/\S+(?= \()/g) ?? [];
  for (const [from, to] of [[program, path], ...libraries.map((each) => [each, each] as const)] as const) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  }
}
