// The scan's document as it arrives: what is believed of it, and what a scan that fails comes to.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { runScan } from '../../extension/discover/scanner';
import { ScanReader } from '../../extension/discover/scanReader';
import { helperCommand, type Runtime } from '../../extension/shared/helperCommand';
import { nodeOptions, SCAN_OPTIONS, WATCH_OPTIONS, type ScanDocument } from '../../helper/protocol';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import { lookOnce } from '../support/lookOnce';
import { runtimeOf } from '../support/runtime';

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
  const read = (text: string, reader = new ScanReader()): ScanDocument => reader.read(Buffer.from(text));

  it('passes on what the helper prints, names raw', () => {
    assert.deepEqual(read(JSON.stringify(DOCUMENT)), DOCUMENT);
  });

  it('passes on whatever text a stranger chose', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.stringMatching(/^[\\"{}[\],:x]*$/));
    fc.assert(
      fc.property(text, fc.array(text), (name, holders) => {
        const document = {
          ...DOCUMENT,
          containers: [scanned(42, { name, labels: { [`${name}.`]: name } }), scanned(43, { name: `${name}\\` })],
          namespaces: [{ ...DOCUMENT.namespaces[0], heldBy: holders }],
        };
        assert.deepEqual(read(JSON.stringify(document)), document);
      }),
    );
  });

  it('takes a record that it knows for the one that it has, in its own list alone', () => {
    const reader = new ScanReader();
    const before = read(JSON.stringify(DOCUMENT), reader);
    const other = scanned(43);
    const after = read(JSON.stringify({ ...DOCUMENT, containers: [other, ...DOCUMENT.containers] }), reader);
    assert.deepEqual(after.containers, [other, ...DOCUMENT.containers]);
    assert.equal(after.containers[1], before.containers[0]);
    assert.equal(after.namespaces[0], before.namespaces[0]);
    const mixed = JSON.stringify({ ...DOCUMENT, containers: DOCUMENT.processes });
    assert.throws(() => read(mixed, reader), /containers\.0/);
  });

  it('takes no record for another, however many there are', () => {
    const reader = new ScanReader();
    for (const error of ['EACCES', 'EPERM']) {
      // With so many a few have a hash of 32 bits in common.
      const unreadable = Array.from({ length: 150_000 }, (_, pid) => ({ pid, error }));
      assert.deepEqual(read(JSON.stringify({ ...DOCUMENT, unreadable }), reader).unreadable, unreadable);
    }
  });

  it('takes records in their order wherever there are spaces, and two without a comma between them for no JSON', () => {
    const containers = Array.from({ length: 30 }, (_, index) => scanned(1 + index));
    const document = { ...DOCUMENT, containers };
    const text = JSON.stringify(document);
    assert.deepEqual(read(text), document);
    for (const spaced of [JSON.stringify(document, null, 2), text.replaceAll('},{', '} ,{').replace('} ,{', '},{')]) {
      assert.deepEqual(read(spaced), document);
    }
    for (let at = text.indexOf('},{'); at >= 0; at = text.indexOf('},{', at + 1)) {
      assert.throws(() => read(`${text.slice(0, at + 1)}${text.slice(at + 2)}`), /not understood/);
    }
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
        () => read(JSON.stringify({ ...DOCUMENT, ...change })),
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
        assert.throws(() => read(text), /^Error: The output of the \/proc scan was not understood/);
      }),
    );
  });

  it('takes JSON for JSON and nothing else, whatever single character is missing', () => {
    const text = JSON.stringify(DOCUMENT);
    for (let at = 0; at < text.length; at++) {
      assert.throws(() => read(text.slice(0, at)), /not understood/);
      const without = text.slice(0, at) + text.slice(at + 1);
      if (!isJson(without)) assert.throws(() => read(without), /not understood/, without);
    }
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('discover: running the scan', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-scanner-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function options(script: string, change: Partial<Runtime> = {}): Parameters<typeof runScan>[0] {
    const helperPath = join(folder, 'helper.js');
    writeFileSync(helperPath, script);
    return { runtime: runtimeOf(helperPath, change), env: { PATH: '/usr/bin', MARK: 'seen' } };
  }

  it('asks for `scan --json`, as plain Node, with its options, in the given environment', async () => {
    const script = `
      const { argv, env, execArgv } = process;
      const asked = [argv.slice(2), execArgv.filter((word) => word !== '--'), env.ELECTRON_RUN_AS_NODE, env.MARK];
      const name = JSON.stringify(asked);
      const container = { ...${JSON.stringify(DOCUMENT.containers[0])}, name };
      process.stdout.write(JSON.stringify({ ...${JSON.stringify(DOCUMENT)}, containers: [container] }));`;
    const asked = async (change: Partial<Runtime>): Promise<unknown> => {
      const { containers } = await runScan(options(script, change));
      return JSON.parse(containers[0]?.name ?? '');
    };
    assert.deepEqual(await asked({}), [['=scan', '=--json'], [...nodeOptions(), ...SCAN_OPTIONS], null, 'seen']);
    assert.deepEqual(await asked({ electron: true, nodeOptions: [] }), [['=scan', '=--json'], [], '1', 'seen']);
  });

  it('gives Node more room where it looks all day', () => {
    const { args } = helperCommand(runtimeOf('/helper.js', {}), ['scan', '--watch']);
    const expected = [...nodeOptions(), ...SCAN_OPTIONS, ...WATCH_OPTIONS, '--', '/helper.js', '=scan', '=--watch'];
    assert.deepEqual(args, expected);
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
    const missing = options('', { execPath: join(folder, 'none') });
    await assert.rejects(runScan(missing), { message: 'The scan of /proc failed: it cannot be started (ENOENT)' });
  });

  it('becomes a note of one line, and the rest is still there', async () => {
    const script = `console.error('ns-helper: \\u001b[2Jbad'); process.exit(1)`;
    const snapshot = await lookOnce({ ...options(script), dockerHost: 'unix:///nowhere/docker.sock' });
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
    const { notes } = await lookOnce({
      ...options(`console.log(${JSON.stringify(document)})`),
      dockerHost: 'tcp://10.0.0.1:1',
    });
    assert.equal(notes.at(-1), 'Process 7 and 1 more could not be read (EACCES)');
  });
});
