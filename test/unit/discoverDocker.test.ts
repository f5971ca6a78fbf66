import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSocket, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listDocker } from '../../extension/discover/engines/docker';
import { findDocker } from '../../extension/discover/engines/dockerAddress';
import type { EngineListing } from '../../extension/discover/engines/engine';

const ID = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const listEntry = (id: string, name = 'web'): object => ({ Id: id, Names: [`/${name}`], Image: 'nginx', Labels: {} });
const inspection = (id: string, name: string, pid: number, labels: object | null = null): object => ({
  Id: id,
  Name: `/${name}`,
  Config: { Image: 'nginx:1', Labels: labels },
  State: { Pid: pid },
});

describe('discover: Docker’s API', () => {
  let folder = '';
  let server: Server | null = null;
  let sockets: Socket[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-api-'));
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    const closing = server;
    server = null;
    if (closing) await new Promise((resolve) => closing.close(resolve));
    rmSync(folder, { recursive: true });
  });

  async function listen(started: Server): Promise<string> {
    const path = join(folder, 'docker.sock');
    server = started;
    started.on('connection', (socket) => sockets.push(socket));
    await new Promise<void>((resolve) => started.listen(path, resolve));
    return `unix://${path}`;
  }
  /** An engine that answers these paths; a function answers by itself. */
  async function engine(answers: Record<string, unknown>): Promise<string> {
    const answer: RequestListener = (request, response) => {
      const body = answers[request.url ?? ''];
      if (typeof body === 'function') (body as (r: typeof response) => void)(response);
      else
        response
          .writeHead(body === undefined ? 404 : 200)
          .end(JSON.stringify(body ?? { message: 'no such container' }));
    };
    return listen(createServer(answer));
  }
  const list = (host: string): Promise<EngineListing> => listDocker({ host, env: {} });
  const LIST = '/containers/json';

  it('gives name, image, pid and labels, with the compose project and service', async () => {
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web', evil: '\u001b[2J$(x)' };
    const host = await engine({
      [LIST]: [listEntry(ID), listEntry(OTHER)],
      [`/containers/${ID}/json`]: inspection(ID, 'web', 42, labels),
      [`/containers/${OTHER}/json`]: inspection(OTHER, 'db', 43),
    });
    const common = { engine: 'docker', image: 'nginx:1' };
    assert.deepEqual(await list(host), {
      containers: [
        { ...common, id: ID, name: 'web', pid: 42, labels, composeProject: 'shop', composeService: 'web' },
        { ...common, id: OTHER, name: 'db', pid: 43, labels: {}, composeProject: null, composeService: null },
      ],
      notes: [],
    });
  });

  it('leaves out what ended since it was listed, and what has no process', async () => {
    const host = await engine({
      [LIST]: [listEntry(ID), listEntry(OTHER)],
      [`/containers/${ID}/json`]: inspection(ID, 'web', 0),
    });
    assert.deepEqual(await list(host), { containers: [], notes: [] });
  });

  it('keeps a container that cannot be inspected, with what the list tells', async () => {
    const host = await engine({ [LIST]: [listEntry(ID)], [`/containers/${ID}/json`]: { Id: ID, Name: 5 } });
    const { containers, notes } = await list(host);
    assert.deepEqual(
      containers.map(({ id, name, image, pid }) => ({ id, name, image, pid })),
      [{ id: ID, name: 'web', image: 'nginx', pid: null }],
    );
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /1 not inspected: its answer was not understood: Name/);
  });

  it('asks nothing with an id that is none', async () => {
    const asked: string[] = [];
    const host = await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '');
        response.end(JSON.stringify([listEntry('../../images/prune')]));
      }),
    );
    const { containers, notes } = await list(host);
    assert.deepEqual(containers, []);
    assert.match(notes[0] ?? '', /its answer was not understood: 0\.Id/);
    assert.deepEqual(asked, [LIST]);
  });

  it('gives up on an engine that hangs, before its answer or within it', async () => {
    const silent = await listen(createSocket());
    const started = performance.now();
    assert.deepEqual(await list(silent), { containers: [], notes: [`Docker at ${silent}: no answer within 3 s`] });
    assert.ok(performance.now() - started < 6_000);
    server?.close();
    rmSync(join(folder, 'docker.sock'), { force: true });
    const stuck = await engine({
      [LIST]: (response: { write(text: string): void }) => {
        response.write('[{');
      },
    });
    assert.deepEqual(await list(stuck), { containers: [], notes: [`Docker at ${stuck}: no answer within 3 s`] });
  });

  it('makes one line of an engine that fails, talks nonsense or is no engine', async () => {
    const answers: [started: Server, note: RegExp][] = [
      [createServer((_, response) => response.writeHead(500).end('{"message":"a\\nb"}')), /HTTP code 500/],
      [createServer((_, response) => response.end('<html>')), /its answer was not understood/],
      [createServer((_, response) => response.end('{"Id":1}')), /its answer was not understood/],
      [createSocket((socket) => socket.end('SSH-2.0-OpenSSH\r\n')), /does not speak HTTP/],
      [createSocket((socket) => socket.destroy()), /it closed the connection/],
    ];
    for (const [started, note] of answers) {
      const host = await listen(started);
      const { containers, notes } = await list(host);
      assert.deepEqual(containers, []);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', note);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => started.close(resolve));
    }
  });

  it('says that the socket may not be used', async () => {
    const host = await engine({ [LIST]: [] });
    chmodSync(join(folder, 'docker.sock'), 0);
    // Root may use any socket.
    const isRoot = process.geteuid?.() === 0;
    chmodSync(folder, 0o755);
    if (isRoot) process.seteuid?.(65534);
    try {
      const { notes } = await list(host);
      assert.deepEqual(notes, [`Docker at ${host}: permission denied: your user may not use its socket`]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('says nothing of an engine that nobody named and that is not there', async () => {
    assert.deepEqual(await listDocker({ env: { XDG_RUNTIME_DIR: folder } }).then(({ notes }) => notes), []);
  });

  it('says nothing of a socket that a stopped engine left in the usual place', async () => {
    const left = createSocket();
    const host = await listen(left);
    mkdirSync(join(folder, 'run'));
    // Closing takes the file away; a killed engine leaves it.
    renameSync(join(folder, 'docker.sock'), join(folder, 'run', 'docker.sock'));
    await new Promise((resolve) => left.close(resolve));
    server = null;
    const found = findDocker(undefined, { XDG_RUNTIME_DIR: join(folder, 'run') });
    assert.equal(found?.explicit, false);
    assert.deepEqual(
      await listDocker({ env: { XDG_RUNTIME_DIR: join(folder, 'run') } }).then(({ notes }) => notes),
      [],
    );
    const path = join(folder, 'run', 'docker.sock');
    assert.deepEqual((await list(path)).notes, [`Docker at ${path}: no engine listens there`]);
    assert.notEqual(host, path);
  });
});

describe('discover: where Docker is', () => {
  const explicit: [text: string, connect: object][] = [
    ['unix:///run/x.sock', { socketPath: '/run/x.sock' }],
    ['/run/x.sock', { socketPath: '/run/x.sock' }],
    ['tcp://127.0.0.1:2375', { host: '127.0.0.1', port: 2375 }],
    ['tcp://localhost', { host: 'localhost', port: 2375 }],
    ['http://[::1]:99', { host: '::1', port: 99 }],
  ];
  for (const [text, connect] of explicit) {
    it(`understands ${text}, in the setting and in DOCKER_HOST`, () => {
      const address = { text, connect, explicit: true };
      assert.deepEqual(findDocker(text, { DOCKER_HOST: 'nonsense' }), address);
      assert.deepEqual(findDocker(undefined, { DOCKER_HOST: text }), address);
    });
  }

  for (const text of ['tcp://10.0.0.1:2375', 'tcp://127.0.0.1.evil.example:2375', 'http://example.com']) {
    it(`refuses ${text}: its pids are those of another machine`, () => {
      assert.throws(() => findDocker(text, {}), /is on another machine/);
    });
  }

  for (const text of [
    'ssh://me@host',
    'npipe:////./pipe/x',
    'docker.sock',
    'unix://relative',
    'https://127.0.0.1:2376',
  ]) {
    it(`refuses ${text} and says what it takes`, async () => {
      const { containers, notes } = await listDocker({ host: text, env: {} });
      assert.deepEqual(containers, []);
      assert.deepEqual(notes, [
        `Docker's address ${text} cannot be used: it takes unix:///PATH or tcp://127.0.0.1:PORT`,
      ]);
    });
  }

  it('looks in the user’s runtime folder too, after the machine’s own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lns-xdg-'));
    writeFileSync(join(folder, 'docker.sock'), '');
    const found = findDocker(undefined, { XDG_RUNTIME_DIR: folder });
    rmSync(folder, { recursive: true });
    // An engine of the machine's own comes first, where there is one that may be used.
    assert.ok(found !== null && !found.explicit);
    assert.ok([join(folder, 'docker.sock'), '/run/docker.sock', '/var/run/docker.sock'].includes(found.text));
  });
});
