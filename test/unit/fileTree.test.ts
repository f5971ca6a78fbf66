// Where a container's files begin: only of the very process that was meant. That it is
// locked for others is shown in test/ui/ways.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { fileTreeOf } from '../../extension/terminal/fileTree';

/** Field 22 of /proc/PID/stat, counted from the last field: there are 52 (proc_pid_stat(5)). */
function startTimeOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').trim().split(' ');
  return Number(fields[fields.length - 52 + 21]);
}

describe('the folder where a container’s files begin', () => {
  const own = { pid: process.pid, startTime: startTimeOf(process.pid) };

  it('is the root directory of its process', async () => {
    const tree = await fileTreeOf(own);
    assert.ok(typeof tree === 'object');
    const [there, here] = [statSync(tree.folder), statSync('/')];
    assert.deepEqual([there.dev, there.ino], [here.dev, here.ino]);
  });

  it('is not given where the pid is another process’s, or nobody’s, or was never seen', async () => {
    assert.equal(await fileTreeOf({ ...own, startTime: own.startTime + 1 }), 'ended');
    // Above the highest pid that Linux gives (PID_MAX_LIMIT).
    assert.equal(await fileTreeOf({ ...own, pid: 4194305 }), 'ended');
    assert.equal(await fileTreeOf({ ...own, startTime: null }), 'ended');
  });
});
