import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { discover } from '../../extension/discover/discover';
import { parseScan, runScan } from '../../extension/discover/scanner';
import { scanDocument, scanned } from '../fixtures/proc/scanned';

const DOCUMENT = scanDocument({
  host: { net: 1, mnt: 2 },
  containers: [
    scanned(42, {
      name: 'web\u001b[2J',
      labels: { evil: '[x](command:y)' },
      namespaces: { net: 3 },
      locked: ['mnt'],
    }),
  ],
  namespaces: [
    { type: 'net', inode: 3, owner: 4, parent: null, pids: [42], heldBy: ['/run/netns/web'] },
    {
      type: 'user',
      inode: 4,
      owner: null,
      parent: null,
      pids: [],
      heldBy: [],
      uidMap: [{ inside: 0, outside: 1000, count: 1 }],
      gidMap: [],
    },
  ],
  processes: [{ pid: 42, parent: 1, nsPids: [42, 1], uid: 1000, insideUid: null, command: 'web -x' }],
  unreadable: [{ pid: 7, error: 'EACCES' }],
});

describe('discover: the scan’s document', () => {
  it('passes on what the helper prints, names raw', () => {
    assert.deepEqual(parseScan(JSON.stringify(DOCUMENT)), DOCUMENT);
  });

  const broken: [what: string, change: object, message: RegExp][] = [
    ['another version', { version: 1 }, /version/],
    ['a namespace type that there is not', { host: { network: 1 } }, /network/],
    ['an inode that is no number', { host: { net: '1' } }, /host\.net/],
    ['a negative pid', { containers: [{ ...DOCUMENT.containers[0], pid: -1 }] }, /containers\.0\.pid/],
    ['a locked type that there is not', { containers: [{ ...DOCUMENT.containers[0], locked: ['x'] }] }, /locked\.0/],
    ['a label that is no text', { containers: [{ ...DOCUMENT.containers[0], labels: { a: 1 } }] }, /labels\.a/],
    ['a holder that is no text', { namespaces: [{ ...DOCUMENT.namespaces[0], heldBy: [7] }] }, /heldBy\.0/],
    ['a process without a pid', { processes: [{ ...DOCUMENT.processes[0], pid: null }] }, /processes\.0\.pid/],
    ['a missing part', { containers: undefined }, /containers/],
    ['missing namespaces', { namespaces: undefined }, /namespaces/],
  ];
  for (const [what, change, message] of broken) {
    it(`refuses ${what} on one line that names the place`, () => {
      assert.throws(
        () => parseScan(JSON.stringify({ ...DOCUMENT, ...change })),
        (error: Error) => {
          assert.match(error.message, message);
          return !error.message.includes('\n');
        },
      );
    });
  }

  it('refuses whatever else with an Error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.throws(() => parseScan(text), /The scan of \/proc was not understood/);
      }),
    );
  });
});

describe('discover: running the scan', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-scanner-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function options(script: string): Parameters<typeof runScan>[0] {
    const helperPath = join(folder, 'helper.js');
    writeFileSync(helperPath, script);
    return { execPath: process.execPath, helperPath, env: { PATH: '/usr/bin', MARK: 'seen' } };
  }

  it('asks for `scan --json`, as plain Node, in the given environment', async () => {
    const script = `
      const asked = [process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE, process.env.MARK];
      const name = JSON.stringify(asked);
      const container = { ...${JSON.stringify(DOCUMENT.containers[0])}, name };
      process.stdout.write(JSON.stringify({ ...${JSON.stringify(DOCUMENT)}, containers: [container] }));`;
    const { containers } = await runScan(options(script));
    assert.deepEqual(JSON.parse(containers[0]?.name ?? ''), [['scan', '--json'], '1', 'seen']);
  });

  it('says what the helper said where it fails', async () => {
    const script = `console.error('debugger listening'); console.error('ns-helper: scan: out of luck'); process.exit(219)`;
    await assert.rejects(runScan(options(script)), {
      message: 'The scan of /proc failed: ns-helper: scan: out of luck',
    });
    await assert.rejects(runScan(options('process.exit(9)')), { message: 'The scan of /proc failed: exit code 9' });
    await assert.rejects(runScan(options('throw new Error("broken")')), {
      message: 'The scan of /proc failed: Error: broken',
    });
  });

  it('says that the runtime is missing', async () => {
    const missing = { ...options(''), execPath: join(folder, 'none') };
    await assert.rejects(runScan(missing), { message: 'The scan of /proc failed: it cannot be started (ENOENT)' });
  });

  it('becomes a note of one line, and the rest is still there', async () => {
    const script = `console.error('ns-helper: \\u001b[2Jbad'); process.exit(1)`;
    const snapshot = await discover({ ...options(script), dockerHost: 'unix:///nowhere/docker.sock' });
    assert.deepEqual(snapshot, {
      containers: [],
      namespaces: [],
      notes: [
        'The scan of /proc failed: ns-helper: \ufffd[2Jbad',
        'Docker at unix:///nowhere/docker.sock: there is no such socket',
      ],
    });
  });

  it('says how many processes could not be read', async () => {
    const unreadable = [...DOCUMENT.unreadable, { pid: 8, error: 'EACCES' }];
    const document = JSON.stringify({ ...DOCUMENT, unreadable });
    const { notes } = await discover({
      ...options(`console.log(${JSON.stringify(document)})`),
      dockerHost: 'tcp://10.0.0.1:1',
    });
    assert.equal(notes.at(-1), 'Process 7 and 1 more could not be read (EACCES)');
  });
});
