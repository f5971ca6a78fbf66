// Kubernetes' containers by the Container Runtime Interface, from a runtime of the test's own: gRPC over a Unix socket, with
// answers right and wrong. What a real containerd says is for test/engines/cri.test.ts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSocket, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CriApi } from '../../extension/discover/engines/criApi';
import type { EngineListing } from '../../extension/discover/engines/engine';
import { EngineFollower } from '../../extension/discover/engines/engineFollower';
import { MalformedError } from '../../extension/discover/engines/failure';
import { findEngines } from '../../extension/discover/engines/findEngines';
import { listOne } from '../../extension/discover/engines/listEngines';
import { encodeMessage, Message } from '../../extension/discover/engines/protobuf';
import { waitFor } from '../support/run';

const [POD, APP, OLD] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
const EVIL = '\u001b[2J$(reboot)\n[x](command:y)';

const message = encodeMessage;
const repeated = (...parts: Buffer[]): Buffer => Buffer.concat(parts.map((part) => message({ 1: part })));
const labels = (field: number, entries: Record<string, string>): Buffer =>
  Buffer.concat(Object.entries(entries).map(([key, value]) => message({ [field]: message({ 1: key, 2: value }) })));

const pod = (id: string, name: string, state = 0): Buffer =>
  Buffer.concat([message({ 1: id, 2: message({ 1: name, 2: 'uid', 3: 'prod' }), 3: state }), labels(5, { app: name })]);
const container = (id: string, podId: string, name: string, state: number): Buffer =>
  Buffer.concat([
    message({ 1: id, 2: podId, 3: message({ 1: name, 2: 3 }), 4: message({ 1: 'sha256:1' }), 6: state, 7: 2 ** 60 }),
    labels(8, { evil: EVIL }),
  ]);
const status = (pid: number, image: string): Buffer =>
  Buffer.concat([
    message({ 1: message({ 1: 'x', 8: message({ 1: image }) }) }),
    labels(2, { info: JSON.stringify({ pid, image }) }),
  ]);

type Answer = Buffer | { status: number; text?: string } | ((stream: ServerHttp2Stream) => void);

describe('discover: Kubernetes’ Container Runtime Interface', () => {
  let folder = '';
  let path = '';
  let server: Http2Server | Server | null = null;
  let sockets: Socket[] = [];
  let asked: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-cri-'));
    path = join(folder, 'cri.sock');
    asked = [];
  });
  afterEach(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });
  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    const closing = server;
    server = null;
    if (closing) await new Promise((resolve) => closing.close(resolve));
  }
  async function listen(started: Http2Server | Server): Promise<void> {
    server = started;
    started.on('connection', (socket: Socket) => sockets.push(socket));
    await new Promise<void>((resolve) => started.listen(path, resolve));
  }
  /** A runtime that answers these methods; for one that is asked of a container, `METHOD ID`. */
  async function runtime(answers: Record<string, Answer>): Promise<void> {
    const started = createServer();
    started.on('stream', (stream, headers) => {
      const pieces: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const method = String(headers[':path']).replace('/runtime.v1.RuntimeService/', '');
        const id = new Message(Buffer.concat(pieces).subarray(5)).text(1);
        asked.push(id ? `${method} ${id}` : method);
        answer(stream, answers[id ? `${method} ${id}` : method] ?? { status: 12, text: 'unknown%20service' });
      });
    });
    await listen(started);
  }
  const address = (explicit = true): Parameters<typeof listOne>[1] => ({
    kind: 'kubernetes',
    text: 'cri.sock',
    connect: { socketPath: path },
    explicit,
  });
  const list = (explicit = true): Promise<EngineListing> => listOne(new CriApi(address(explicit)), address(explicit));

  const RUNNING = {
    ListPodSandbox: repeated(pod(POD, 'shop'), pod(OLD, 'gone', 1)),
    ListContainers: repeated(container(APP, POD, 'app', 1), container(OLD.replace('c', 'd'), OLD, 'job', 2)),
    [`PodSandboxStatus ${POD}`]: status(41, 'pause:3'),
    [`ContainerStatus ${APP}`]: status(42, 'nginx:1'),
  };

  it('gives pods and their containers with pid, image, labels and state', async () => {
    await runtime(RUNNING);
    const common = { engine: 'kubernetes', composeProject: null, composeService: null };
    assert.deepEqual(await list(), {
      containers: [
        {
          ...common,
          id: POD,
          name: 'shop',
          pod: 'shop',
          image: 'pause:3',
          state: 'running',
          pid: 41,
          labels: { app: 'shop' },
        },
        {
          ...common,
          id: OLD,
          name: 'gone',
          pod: 'gone',
          image: null,
          state: 'exited',
          pid: null,
          labels: { app: 'gone' },
        },
        {
          ...common,
          id: APP,
          name: 'app',
          pod: 'shop',
          image: 'nginx:1',
          state: 'running',
          pid: 42,
          labels: { evil: EVIL },
        },
        {
          ...common,
          id: OLD.replace('c', 'd'),
          name: 'job',
          pod: 'gone',
          image: 'sha256:1',
          state: 'exited',
          pid: null,
          labels: { evil: EVIL },
        },
      ],
      notes: [],
    });
  });

  it('asks about a container once, as long as it runs', async () => {
    await runtime(RUNNING);
    const api = new CriApi(address());
    await api.list();
    asked = [];
    assert.equal((await api.list()).containers[2]?.pid, 42);
    assert.deepEqual(asked.sort(), ['ListContainers', 'ListPodSandbox']);
  });

  it('keeps what cannot be asked about, and passes over what is gone since', async () => {
    await runtime({
      ...RUNNING,
      [`PodSandboxStatus ${POD}`]: { status: 5, text: 'not found' },
      [`ContainerStatus ${APP}`]: labels(2, { info: '{"pid":"42"}' }),
    });
    const { containers, notes } = await list();
    assert.deepEqual(
      containers.map(({ name, pid }) => [name, pid]),
      [
        ['shop', null],
        ['gone', null],
        ['app', null],
        ['job', null],
      ],
    );
    assert.equal(notes.length, 1);
    assert.match(
      notes[0] ?? '',
      /^Kubernetes at cri\.sock: 1 could not be inspected: its answer was not understood: pid/,
    );
  });

  it('lists them also where the runtime hangs when it is asked about one', async () => {
    await runtime({ ...RUNNING, [`ContainerStatus ${APP}`]: () => undefined });
    const { containers, notes } = await list();
    assert.deepEqual(
      containers.map(({ name, pid }) => [name, pid]),
      [
        ['shop', 41],
        ['gone', null],
        ['app', null],
        ['job', null],
      ],
    );
    assert.deepEqual(notes, ['Kubernetes at cri.sock: 1 could not be inspected: no answer within 3 s']);
  });

  it('is nothing, and worth a word only where somebody named it, where Kubernetes is not served', async () => {
    await runtime({});
    assert.deepEqual(await list(false), { containers: [], notes: [] });
    const note = 'Kubernetes at cri.sock: it does not serve Kubernetes (no runtime.v1)';
    assert.deepEqual(await list(), { containers: [], notes: [note] });
  });

  const failures: [what: string, answers: Record<string, Answer>, note: RegExp][] = [
    ['refuses', { ListPodSandbox: { status: 7, text: 'not%20you: 100%' } }, /: not%20you: 100%$/],
    ['refuses in words of any language', { ListPodSandbox: { status: 2, text: 'n%C3%B6' } }, /: nö$/],
    ['talks nonsense', { ListPodSandbox: Buffer.from([0x0a, 0xff]) }, /its answer was not understood: protobuf/],
    ['has an empty body', { ListPodSandbox: empty }, /its answer was not understood: gRPC/],
    ['announces more than it sends', { ListPodSandbox: short }, /its answer was not understood: gRPC/],
    ['sends without an end', { ListPodSandbox: endless }, /its answer was not understood: gRPC \(length\)/],
    ['hangs up', { ListPodSandbox: (stream) => stream.session?.destroy() }, /it closed the connection/],
  ];
  for (const [what, answers, note] of failures) {
    it(`makes one line of a runtime that ${what}`, async () => {
      await runtime({ ...RUNNING, ...answers });
      const { containers, notes } = await list();
      assert.deepEqual(containers, []);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', note);
    });
  }

  it('makes one line of what is no runtime, or is not there', async () => {
    assert.match((await list()).notes.join(), /there is no such socket$/);
    assert.deepEqual(await list(false), { containers: [], notes: [], failed: true });
    await listen(createSocket((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    assert.match(
      (await list()).notes.join(),
      /^Kubernetes at cri\.sock: (what answers there does not speak gRPC|it closed)/,
    );
  });

  it('gives up on a runtime that hangs', async () => {
    await listen(createSocket());
    const notes = ['Kubernetes at cri.sock: no answer within 3 s'];
    assert.deepEqual(await list(), { containers: [], notes, failed: true });
  });

  it('is asked again when something happened, and not once it is stopped', async () => {
    const answers: Record<string, Answer> = { ...RUNNING };
    await runtime(answers);
    let changes = 0;
    const follower = new EngineFollower(address(), () => changes++);
    try {
      follower.start();
      await waitFor('the first listing', () => follower.latest.containers.length === 4);
      answers['ListContainers'] = repeated();
      follower.retry();
      await waitFor('the next listing', () => follower.latest.containers.length === 2);
    } finally {
      follower.stop();
    }
    const listed = asked.length;
    follower.retry();
    await list();
    assert.equal(asked.length, listed + ['ListContainers', 'ListPodSandbox', `PodSandboxStatus ${POD}`].length);
    assert.ok(changes >= 2);
  });

  describe('where it is', () => {
    const found = async (env: NodeJS.ProcessEnv): Promise<object[]> =>
      (await findEngines({ env: { HOME: folder, ...env } })).addresses
        .filter(({ kind }) => kind === 'kubernetes')
        .map(({ text, connect, explicit }) => ({ text, connect, explicit }));

    it('says CONTAINER_RUNTIME_ENDPOINT, as to crictl', async () => {
      const expected = { text: `unix://${path}`, connect: { socketPath: path }, explicit: true };
      assert.deepEqual(await found({ CONTAINER_RUNTIME_ENDPOINT: `unix://${path}` }), [expected]);
    });

    it('cannot be another machine', async () => {
      const { notes } = await findEngines({ env: { HOME: folder, CONTAINER_RUNTIME_ENDPOINT: 'tcp://10.0.0.1:1' } });
      assert.match(notes.join(), /^Kubernetes at tcp:.* is on another machine/);
    });
  });
});

describe('discover: messages of Protocol Buffers', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.integer({ min: 1, max: 5000 }).map(String), fc.oneof(fc.string(), fc.maxSafeNat())),
        (fields) => {
          const read = new Message(message(fields));
          for (const [field, value] of Object.entries(fields)) {
            assert.equal(typeof value === 'string' ? read.text(Number(field)) : read.number(Number(field)), value);
          }
        },
      ),
    );
  });

  it('are refused, or read to their end, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const read = new Message(Buffer.from(bytes));
          read.texts(1);
          read.messages(2);
        } catch (error) {
          assert.ok(error instanceof MalformedError);
        }
      }),
    );
  });

  it('have nothing where a field is missing, or of another type', () => {
    const read = new Message(message({ 1: 7, 2: 'x' }));
    assert.deepEqual(
      [read.text(1), read.number(2), read.text(9), read.messages(9), read.texts(9)],
      ['', 0, '', [], {}],
    );
  });
});

/** As gRPC answers: the message, and how it went behind it; or how it went alone. */
function answer(stream: ServerHttp2Stream, what: Answer): void {
  // Another call's answer may have ended the connection.
  if (stream.destroyed) return;
  if (typeof what === 'function') {
    what(stream);
    return;
  }
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (!Buffer.isBuffer(what)) {
    stream.respond(
      { ...head, 'grpc-status': String(what.status), 'grpc-message': what.text ?? '' },
      { endStream: true },
    );
    return;
  }
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(what.length, 1);
  stream.end(Buffer.concat([prefix, what]));
}

function empty(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
}

function short(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  stream.end(Buffer.from([0, 0, 0, 1, 0, 1]));
}

function endless(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 });
  const more = (): void => {
    while (!stream.destroyed && stream.write(Buffer.alloc(1 << 20)));
    stream.once('drain', more);
  };
  more();
}
