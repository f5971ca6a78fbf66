// The scan, followed: what stays where one look fails. With real processes: live.test.ts and test/kernel/watchUnlock.
import assert from 'node:assert/strict';
import { LiveScan } from '../../extension/discover/liveScan';
import { SCAN_VERSION, type ScanDocument } from '../../helper/protocol';

const DOCUMENT: ScanDocument = {
  version: SCAN_VERSION,
  host: {},
  containers: [],
  stopped: [],
  namespaces: [],
  processes: [],
  engines: [],
  unreadable: [],
};

describe('the scan, followed', () => {
  it('keeps what it saw last where a look fails, with a note until one succeeds', async () => {
    let answer = (): Promise<ScanDocument> => Promise.resolve(DOCUMENT);
    const scan = new LiveScan(
      () => ({ command: '/nowhere', args: [], env: {} }),
      () => answer(),
      () => undefined,
    );
    await scan.refresh();
    assert.deepEqual([scan.latest, scan.note], [DOCUMENT, null]);
    answer = () => Promise.reject(new Error('no answer within 10 s'));
    await scan.refresh();
    assert.deepEqual([scan.latest, scan.note], [DOCUMENT, 'no answer within 10 s']);
    answer = () => Promise.resolve(DOCUMENT);
    await scan.refresh();
    assert.equal(scan.note, null);
  });

  it('has nothing to show where the first look fails', async () => {
    const scan = new LiveScan(
      () => ({ command: '/nowhere', args: [], env: {} }),
      () => Promise.reject(new Error('no helper')),
      () => undefined,
    );
    await scan.refresh();
    assert.deepEqual([scan.latest, scan.note], [null, 'no helper']);
  });
});
