// /proc/PID/stat and status: fields are found whatever the process calls itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseStartTime, statusNumbers } from '../../helper/procStat';

const stat = (comm: string): string =>
  `4242 (${comm}) S 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 9 10 11\n`;

describe('/proc/PID/stat', () => {
  for (const comm of ['cat', 'a b', ') R 1 2', '((', '))', '\n', ') Z 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1']) {
    it(`of a process called ${JSON.stringify(comm)}`, () => {
      assert.equal(parseStartTime(stat(comm)), 987654);
    });
  }
  it('of a process called anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (comm) => {
        assert.equal(parseStartTime(stat(comm)), 987654);
      }),
    );
  });
  it('of this process', () => {
    assert.ok(parseStartTime(readFileSync('/proc/self/stat', 'utf8')) > 0);
  });
  it('that is none gives no number', () => {
    for (const text of ['', 'x', '1 (x) S', '1 (x)']) assert.ok(Number.isNaN(parseStartTime(text)), text);
  });
});

describe('/proc/PID/status', () => {
  const status =
    'Name:\tUid: 7\nUmask:\t0022\nUid:\t1000\t1001\t1002\t1003\nGroups:\t4 27 1000 \nNoNewPrivs:\t1\nGid:\t\n';
  const CASES: [string, number[]][] = [
    ['Uid', [1000, 1001, 1002, 1003]],
    ['Groups', [4, 27, 1000]],
    ['NoNewPrivs', [1]],
    ['Gid', []],
    ['PPid', []],
  ];
  for (const [key, numbers] of CASES) {
    it(key, () => {
      assert.deepEqual(statusNumbers(status, key), numbers);
    });
  }
});
