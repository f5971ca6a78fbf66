// Gives memory back in the helper that waits: what it took to enter is garbage by then, which Node by itself would keep.
import { trimMemory } from '../syscalls/processes';

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/** Takes some milliseconds. The modules are Node's own: none is looked for in a filesystem, which may be the target's. */
export async function shrink(): Promise<void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import('node:v8'), import('node:vm')]);
  // `gc` is there in contexts that are made once the flag is set, and needs no flag when Node is started. The others make it
  // drop what was compiled for entering (it would be compiled again, from the source in memory) and leave no page half empty.
  for (const flag of ['--expose-gc', '--stress-flush-code', '--compact-on-every-full-gc']) setFlagsFromString(flag);
  const collect = runInNewContext('gc') as Collect;
  const giveBack = (): void => {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    trimMemory();
  };
  giveBack();
  // What arrays of bytes took is freed by another thread after that; a second time gives back some 100 kB more.
  setTimeout(giveBack, AGAIN_AFTER_MS).unref();
}

const AGAIN_AFTER_MS = 100;
