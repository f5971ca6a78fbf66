// What the helper that waits gives back: whatever entering took is garbage by then, and Node by itself would keep it.
import { trimMemory } from '../syscalls/processes';

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/** Takes some milliseconds. The modules are Node's own: none is looked for in a filesystem, which may be the target's. */
export async function shrink(): Promise<void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import('node:v8'), import('node:vm')]);
  // `gc` is there in contexts that are made once the flag is set, and needs no flag when Node is started. The others make it
  // drop what was compiled for entering (it would be compiled again, from the source in memory) and leave no page half empty.
  for (const flag of ['--expose-gc', '--stress-flush-code', '--compact-on-every-full-gc']) setFlagsFromString(flag);
  const collect = runInNewContext('gc') as Collect;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  trimMemory();
}
