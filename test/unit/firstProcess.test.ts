// Whether the first process of a pid namespace misses a signal, by a stand-in for its folder in /proc.
import assert from 'node:assert/strict';
import { constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FirstProcess } from '../../helper/enter/firstProcess';

const PID = 42;
const HELPER = ['ns-helper'];
const SIGINT = 1 << 1;
const SIGTERM = 1 << 14;

describe('the first process of a pid namespace', () => {
  let proc: string;
  before(() => {
    proc = mkdtempSync(join(tmpdir(), 'lns-first-'));
    mkdirSync(join(proc, String(PID)));
  });
  after(() => {
    rmSync(proc, { recursive: true });
  });

  const runs = (argv: readonly string[], { caught = 0, ignored = 0, blocked = 0 } = {}): void => {
    const hex = (mask: number): string => mask.toString(16).padStart(16, '0');
    const status = `Name:\tx\nSigBlk:\t${hex(blocked)}\nSigIgn:\t${hex(ignored)}\nSigCgt:\t${hex(caught)}\n`;
    writeFileSync(join(proc, `${PID}/status`), status);
    writeFileSync(join(proc, `${PID}/cmdline`), argv.map((argument) => `${argument}\0`).join(''));
  };
  const started = (): FirstProcess => {
    const argv = HELPER.map((argument) => Buffer.from(argument));
    return new FirstProcess(openSync(proc, constants.O_RDONLY | constants.O_DIRECTORY), PID, argv);
  };

  it('is deaf to what it neither handles nor ignores', () => {
    runs(['sleep', '1000'], { caught: SIGTERM });
    const first = started();
    assert.deepEqual([first.isDeafTo('SIGINT'), first.isDeafTo('SIGTERM')], [true, false]);
    runs(['sleep', '1000'], { ignored: SIGINT });
    assert.ok(!first.isDeafTo('SIGINT'));
  });

  it('is not taken to handle what Node does while it still is the helper, whose command line is not there at once', () => {
    runs([]);
    const first = started();
    // Node has handlers of its own for these.
    runs(HELPER, { caught: SIGINT | SIGTERM });
    assert.ok(first.isDeafTo('SIGINT'));
    runs(['sleep', '1000']);
    assert.ok(first.wasDeafTo('SIGINT'));
  });

  it('has heard a signal whose handler was for one alone', () => {
    runs(['perl'], { caught: SIGINT });
    const first = started();
    assert.ok(!first.wasDeafTo('SIGINT'));
    runs(['perl']);
    assert.ok(!first.wasDeafTo('SIGINT'));
    assert.ok(first.wasDeafTo('SIGINT'));
  });
});
