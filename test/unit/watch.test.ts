// What `scan --watch` remembers from one look to the next, and what it writes to a slow reader.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { WatchMemory } from '../../helper/scan/memory';
import { folderMarks } from '../../helper/scan/procfs';
import { waitFor } from '../support/run';
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

  it('has read each again within 25 seconds, however many scans there are in them', () => {
    for (const ms of [25_000, 5_000, 10]) {
      scan(0, ...old);
      const again = Array.from({ length: Math.ceil(25_000 / ms) + 1 }, () => scan(ms, ...old));
      assert.deepEqual(new Set(again.flat()).size, old.length, `every ${ms} ms`);
    }
    assert.equal(scan(600_000, ...old).length, old.length, 'all of them after a pause');
    assert.deepEqual(scan(1, ...old), [], 'none at once');
  });

  it('reads no old ones where something changed, but not for long', () => {
    scan(0, ...old);
    assert.deepEqual(scan(500, ...old, 1_001), ['1001 stat'], 'one more');
    assert.deepEqual(scan(500, ...old), [], 'one less');
    assert.ok(scan(500, ...old).length > 50, 'those that waited');
    const again = Array.from({ length: 50 }, (_, at) => scan(500, ...old, 2_000 + at));
    assert.deepEqual(
      new Set(
        again
          .flat()
          .map((read) => parseInt(read))
          .filter((pid) => pid <= 1_000),
      ).size,
      old.length,
    );
  });

  describe('asks of old ones whether what is known still holds', () => {
    let usedMs = 0;
    let asked: number[] = [];
    beforeEach(() => {
      usedMs = 0;
      asked = [];
      memory = new WatchMemory(
        () => now,
        () => usedMs,
      );
    });
    /** Each question takes 0.03 ms of the processor's time. */
    function verify(ms: number, moved: readonly number[] = []): boolean {
      now += ms;
      asked = [];
      return memory.verify('stat', (pid) => {
        asked.push(pid);
        usedMs += 0.03;
        return !moved.includes(pid);
      });
    }

    it('twice a second each, and reads anew what does not', () => {
      scan(0, ...old.slice(0, 200));
      assert.equal(verify(500, [7]), true);
      assert.equal(asked.length, 200);
      assert.ok(scan(1, ...old.slice(0, 200)).includes('7 stat'));
      assert.equal(verify(200), false);
      assert.deepEqual(asked, [], 'this soon');
      verify(300);
      assert.equal(asked.length, 200);
    });

    it('in turn where they are many, for 3 % of the processor’s time', () => {
      const many = Array.from({ length: 5_000 }, (_, index) => index + 1);
      scan(0, ...many);
      verify(500);
      const seen = new Set(asked);
      usedMs = 0;
      for (let look = 1; look <= 20; look++) {
        verify(500);
        for (const pid of asked) seen.add(pid);
        if (look === 10) assert.equal(seen.size, many.length, 'all of them in 5 s');
      }
      assert.ok(usedMs <= 0.03 * 20 * 500 + 1, `${usedMs} ms in 10 s`);
    });

    it('but not of young ones, which are read again anyway, nor of what is gone', () => {
      scan(0, 1, 2);
      scan(500, 1, 3);
      verify(500);
      assert.deepEqual(asked, [1]);
    });
  });

  it('keeps what is of no process as long as its mark is the same', () => {
    const read = (mark: string, value: string): string =>
      memory.keep(
        'states',
        () => mark,
        () => value,
      );
    const given = [read('a', 'first'), read('a', 'second'), read('b', 'third'), read('b', 'fourth')];
    assert.deepEqual(given, ['first', 'first', 'third', 'third']);
    assert.equal(
      memory.keep(
        'others',
        () => 'b',
        () => 'fourth',
      ),
      'fourth',
    );
    memory.clear();
    assert.equal(read('b', 'fifth'), 'fifth');
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

describe('scan --watch: the marks of folders', () => {
  let folder = '';
  const marks = (now = Date.now() + 60_000): string => folderMarks([folder, join(folder, 'none')], now);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-marks-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('change when something comes, goes, or has something replaced in it, and not otherwise', async () => {
    const empty = marks();
    mkdirSync(join(folder, 'container'));
    const made = marks();
    assert.notEqual(made, empty);
    assert.equal(marks(), made);
    await waitFor('a later time of change', () => {
      writeFileSync(join(folder, 'container', 'new'), '');
      renameSync(join(folder, 'container', 'new'), join(folder, 'container', 'state'));
      return marks() !== made;
    });
    rmSync(join(folder, 'container'), { recursive: true });
    assert.equal(marks(), empty);
  });

  it('count for nothing just after a change, which another may follow in the same moment', () => {
    mkdirSync(join(folder, 'container'));
    assert.notEqual(marks(Date.now()), marks(Date.now()));
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
