// What `scan` prints for people.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ScannedContainer } from '../../helper/protocol';
import { scanTable } from '../../helper/scan/table';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import { HOST } from '../fixtures/proc/tree';

const CONTAINER = scanned(42, { engine: 'docker', name: 'web', namespaces: { ...HOST, net: 101, mnt: 102 } });
const tableOf = (...containers: ScannedContainer[]): string => scanTable(scanDocument({ containers }));

describe('scan: the table for people', () => {
  it('shows the namespaces that are not the host’s, as `enter --join` takes them', () => {
    assert.equal(tableOf(CONTAINER), 'NAME  ENGINE  PID  UID  NAMESPACES\nweb   docker  42   0    net=101,mnt=102\n');
  });

  it('says what is locked', () => {
    assert.match(tableOf({ ...CONTAINER, namespaces: {}, locked: ['net', 'mnt'] }), / {2}locked: net mnt\n$/);
  });

  it('lets nothing of a name reach the terminal but visible characters, on one line', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b]0;x\u0007', '\u202egnp.exe', 'a\u2028b', '\u009b2J'),
    );
    fc.assert(
      fc.property(hostile, (name) => {
        const text = tableOf({ ...CONTAINER, name });
        assert.equal(text.split('\n').length, 3);
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
