import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { WatchMemory } from '../../helper/scan/memory';
import { NewestLine } from '../../helper/scan/watchOutput';

describe('scan --watch: the memory', () => {
  let now = 0;
  let memory: WatchMemory;
  let reads: string[] = [];
  beforeEach(() => {
    now = 0;
    reads = [];
    memory = new WatchMemory(() => now);
  });
  const recall = (pid: number, what = 'stat'): string =>
    memory.recall(pid, what, () => {
      reads.push(`${pid} ${what}`);
      return `${pid} ${what} at ${now}`;
    });
  /** One scan of these, `ms` after the one before; what it read anew. */
  function scan(ms: number, ...pids: number[]): string[] {
    now += ms;
    reads = [];
    memory.begin(pids);
    for (const pid of pids) recall(pid);
    return reads;
  }
  /** Enough that their turn takes many scans. */
  const old = Array.from({ length: 1_000 }, (_, index) => index + 1);

  it('reads each process once, and old ones again in turn', () => {
    assert.equal(scan(0, ...old).length, old.length);
    const again = Array.from({ length: 100 }, () => scan(500, ...old));
    const most = Math.max(...again.map(({ length }) => length));
    assert.ok(most > 0 && most <= 50, `${most} were read again at once`);
    assert.deepEqual(new Set(again.flat()).size, old.length, 'each has its turn');
  });

  it('reads young ones at every scan, until they are old', () => {
    scan(0, ...old);
    assert.ok(scan(500, ...old, 5_000).includes('5000 stat'));
    assert.ok(memory.hasYoung);
    assert.ok(scan(500, ...old, 5_000).includes('5000 stat'));
    assert.ok(scan(500, ...old, 5_000).includes('5000 stat'));
    scan(10_000, ...old, 5_000);
    assert.ok(!memory.hasYoung);
  });

  it('forgets who is gone, so that a pid that comes again is somebody else', () => {
    scan(0, ...old);
    scan(500, ...old.slice(1));
    assert.ok(scan(500, ...old).includes('1 stat'));
  });

  it('keeps apart what is read of one process, and reads all anew after clear()', () => {
    scan(0, 1);
    assert.deepEqual([recall(1, 'cgroup'), recall(1, 'cgroup')], ['1 cgroup at 0', '1 cgroup at 0']);
    now = 7;
    memory.clear();
    assert.equal(recall(1, 'cgroup'), '1 cgroup at 7');
  });

  it('remembers nothing of a read that failed, nor of a process that it was not told of', () => {
    scan(0, 1);
    const fail = (): never => {
      throw new Error('gone');
    };
    assert.throws(() => memory.recall(1, 'maps', fail), /gone/);
    assert.equal(recall(1, 'maps'), '1 maps at 0');
    now = 9;
    assert.deepEqual([recall(2), recall(2)], ['2 stat at 9', '2 stat at 9']);
    assert.deepEqual(reads.filter((read) => read === '2 stat').length, 2);
  });
});

describe('scan --watch: the newest line', () => {
  it('passes on what comes one by one, and of what waits only the newest', async () => {
    const taken: string[] = [];
    const ready: (() => void)[] = [];
    const slow = new Writable({
      write(chunk: Buffer, _, done) {
        taken.push(chunk.toString());
        ready.push(done);
      },
    });
    const lines = new NewestLine(slow);
    const finish = (): Promise<void> =>
      new Promise((resolve) => {
        ready.shift()?.();
        setImmediate(resolve);
      });
    lines.write('1');
    for (const line of ['2', '3', '4']) lines.write(line);
    assert.deepEqual(taken, ['1\n']);
    await finish();
    assert.deepEqual(taken, ['1\n', '4\n']);
    await finish();
    assert.deepEqual(taken, ['1\n', '4\n']);
    lines.write('5');
    assert.deepEqual(taken, ['1\n', '4\n', '5\n']);
  });
});
