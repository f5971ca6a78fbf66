// Whether a container's process is root as the machine has it, such as with `docker run --privileged`. Reads /proc, which
// tells it to everybody.
import { readFile } from 'node:fs/promises';
import { readIds } from './processIds';
import { statusField } from './status';
import type { Container } from '../model/container';

/** Where it cannot be seen, it is not: nothing will be entered either. */
export async function isUnconfinedRoot(container: Pick<Container, 'pid' | 'startTime'>): Promise<boolean> {
  const [ids, theirs, ours] = await Promise.all([
    readIds(container),
    boundsOf(String(container.pid)),
    boundsOf('self'),
  ]);
  return ids?.uid === 0 && hasAll(theirs, ours);
}

/** The capabilities that its programs can get at most (capabilities(7), bounding set); hexadecimal. */
async function boundsOf(pid: string): Promise<string | null> {
  return statusField(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''), 'CapBnd');
}

/** Whether a process that is no container's, as this one, has nothing that this container's lacks. */
function hasAll(theirs: string | null, ours: string | null): boolean {
  if (theirs === null || ours === null) return false;
  return (BigInt(`0x${ours}`) & ~BigInt(`0x${theirs}`)) === 0n;
}
