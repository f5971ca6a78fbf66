// What the helper that waits gives back: whatever entering took is garbage by then, and Node by itself would keep it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimMemory } from '../syscalls';

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/** Takes some milliseconds. `gc` is there in contexts that are made once the flag is set, and needs no flag on start. */
export function shrink(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  trimMemory();
}
