// What is made of Docker's API, of a server that stands in for an engine: also one that hangs, lies or is no engine.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSocket, type Server, type Socket } from 'node:net';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../../extension/discover/engines/address';
import { DockerApi } from '../../extension/discover/engines/dockerApi';
import type { EngineListing } from '../../extension/discover/engines/engine';
import { listEngines, listOne } from '../../extension/discover/engines/listEngines';
import { waitFor } from '../support/run';

const ID = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const listEntry = (id: string, name = 'web', labels: object | null = {}): object => ({
  Id: id,
  Names: [`/${name}`],
  Image: 'nginx',
  State: 'running',
  Labels: labels,
});
const inspection = (id: string, name: string, pid: number): object => ({
  Id: id,
  Name: `/${name}`,
  Config: { Image: 'nginx:1' },
  State: { Status: pid === 0 ? 'exited' : 'running', Pid: pid },
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
  /** An engine that answers these paths, and who it is; a function answers by itself. */
  async function engine(answers: Record<string, unknown>): Promise<string> {
    const answer: RequestListener = (request, response) => {
      const body = { '/version': {}, ...answers }[request.url ?? ''];
      if (typeof body === 'function') (body as (r: typeof response) => void)(response);
      else
        response
          .writeHead(body === undefined ? 404 : 200)
          .end(JSON.stringify(body ?? { message: 'no such container' }));
    };
    return listen(createServer(answer));
  }
  const list = (host: string): Promise<EngineListing> =>
    listEngines({ dockerHost: host, env: {}, unixSockets: '/dev/null' });
  const states = async (host: string): Promise<[string, string, number | null][]> =>
    (await list(host)).containers.map(({ name, state, pid }) => [name, state, pid]);
  const LIST = '/containers/json?all=true';

  it('knows Podman in Docker’s place', async () => {
    const host = await engine({
      [LIST]: [listEntry(ID)],
      '/version': { Components: [{ Name: 'Podman Engine' }] },
      [`/containers/${ID}/json`]: inspection(ID, 'web', 42),
    });
    assert.deepEqual(
      (await list(host)).containers.map(({ engine: kind, name }) => [kind, name]),
      [['podman', 'web']],
    );
  });

  it('takes nothing of an engine on another kernel, and says so where somebody named it', async () => {
    const host = await engine({
      [LIST]: [listEntry(ID)],
      '/version': { KernelVersion: '6.6.31-linuxkit', Components: [] },
      [`/containers/${ID}/json`]: inspection(ID, 'web', 42),
    });
    const why = 'it runs on another machine, maybe a virtual one: its containers cannot be entered from here';
    assert.deepEqual(await list(host), { containers: [], notes: [`Docker at ${host}: ${why}`] });
    const usual = { kind: 'docker', text: host, connect: { socketPath: host.slice('unix://'.length) } } as const;
    const unnamed = { ...usual, explicit: false };
    assert.deepEqual(await listOne(new DockerApi(unnamed), unnamed), { containers: [], notes: [] });
  });

  it('lists nothing before an engine has said on which kernel it is, and asks again', async () => {
    let asked = 0;
    const host = await engine({
      [LIST]: [listEntry(ID)],
      '/version': (response: ServerResponse) => {
        if (asked++ === 0) response.writeHead(503).end('{"message":"busy"}');
        else response.end(JSON.stringify({ KernelVersion: '6.6.31-linuxkit' }));
      },
      [`/containers/${ID}/json`]: inspection(ID, 'web', 42),
    });
    const connect = { socketPath: host.slice('unix://'.length) };
    const address = { kind: 'docker', text: host, connect, explicit: true } as const;
    const api = new DockerApi(address);
    for (const note of [/HTTP code 503/, /it runs on another machine/, /it runs on another machine/]) {
      const { containers, notes } = await listOne(api, address);
      assert.deepEqual(containers, []);
      assert.match(notes.join(), note);
    }
    assert.equal(asked, 2, 'an answer is kept');
    api.forget();
    await api.list();
    assert.equal(asked, 3, 'another engine may listen there by now');
  });

  it('knows its own kernel, as Docker writes it', async () => {
    const host = await engine({
      [LIST]: [listEntry(ID)],
      '/version': { KernelVersion: release() },
      [`/containers/${ID}/json`]: inspection(ID, 'web', 42),
    });
    assert.deepEqual(await states(host), [['web', 'running', 42]]);
  });

  it('gives name, image, pid and labels, with the compose project and service', async () => {
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web', evil: '\u001b[2J$(x)' };
    const host = await engine({
      [LIST]: [listEntry(ID, 'web', labels), listEntry(OTHER, 'web', null)],
      [`/containers/${ID}/json`]: inspection(ID, 'web', 42),
      [`/containers/${OTHER}/json`]: inspection(OTHER, 'db', 43),
    });
    const common = { engine: 'docker', image: 'nginx:1', state: 'running', pod: null };
    assert.deepEqual(await list(host), {
      containers: [
        { ...common, id: ID, name: 'web', pid: 42, labels, composeProject: 'shop', composeService: 'web' },
        { ...common, id: OTHER, name: 'db', pid: 43, labels: {}, composeProject: null, composeService: null },
      ],
      notes: [],
    });
  });

  it('asks again about a container that changed while it was asked about', async () => {
    let name = 'web';
    const host = await engine({
      [LIST]: [listEntry(ID)],
      [`/containers/${ID}/json`]: (response: { end(text: string): void }) => {
        const answer = JSON.stringify(inspection(ID, name, 42));
        name = 'shop';
        api.forget(ID);
        response.end(answer);
      },
    });
    const api = new DockerApi(parseAddress('docker', host));
    await api.list();
    assert.deepEqual(
      (await api.list()).containers.map((container) => container.name),
      ['shop'],
    );
  });

  it('leaves out what is gone since it was listed, and knows what has ended', async () => {
    const host = await engine({
      [LIST]: [listEntry(ID), listEntry(OTHER)],
      [`/containers/${ID}/json`]: inspection(ID, 'web', 0),
    });
    assert.deepEqual(await states(host), [['web', 'exited', null]]);
  });

  it('lists what is stopped with its state, without asking further', async () => {
    const host = await engine({
      [LIST]: [
        { ...listEntry(ID, 'old'), State: 'exited' },
        { ...listEntry(OTHER, 'new'), State: 'created' },
      ],
    });
    assert.deepEqual(await states(host), [
      ['old', 'exited', null],
      ['new', 'created', null],
    ]);
  });

  it('keeps a container that cannot be inspected, with what the list tells', async () => {
    const host = await engine({ [LIST]: [listEntry(ID)], [`/containers/${ID}/json`]: { Id: ID, Name: 5 } });
    const { containers, notes } = await list(host);
    assert.deepEqual(
      containers.map(({ id, name, image, pid }) => ({ id, name, image, pid })),
      [{ id: ID, name: 'web', image: 'nginx', pid: null }],
    );
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /1 could not be inspected: its answer was not understood: Name/);
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
    assert.deepEqual(asked, ['/version', LIST]);
  });

  it('gives up on an engine that hangs, before its answer or within it', async () => {
    const silent = await listen(createSocket());
    assert.deepEqual(await list(silent), { containers: [], notes: [`Docker at ${silent}: no answer within 3 s`] });
    server?.close();
    rmSync(join(folder, 'docker.sock'), { force: true });
    const stuck = await engine({
      [LIST]: (response: { write(text: string): void }) => {
        response.write('[{');
      },
    });
    assert.deepEqual(await list(stuck), { containers: [], notes: [`Docker at ${stuck}: no answer within 3 s`] });
  });

  it('is not held up by a container on which the engine is stuck but once, and lists the others', async () => {
    let asked = 0;
    const host = await engine({
      [LIST]: [listEntry(ID), listEntry(OTHER, 'db')],
      [`/containers/${ID}/json`]: () => asked++,
      [`/containers/${OTHER}/json`]: inspection(OTHER, 'db', 43),
    });
    const api = new DockerApi(parseAddress('docker', host));
    const listing = async (): Promise<number> => {
      const began = performance.now();
      const { containers, notes } = await api.list();
      assert.deepEqual(
        containers.map(({ pid }) => pid),
        [null, 43],
      );
      assert.deepEqual(notes, ['1 could not be inspected: no answer within 3 s']);
      return performance.now() - began;
    };
    // On a busy machine the first question may come too late to count.
    await waitFor('a listing that waits for nothing', async () => (await listing()) < 2_000);
    const before = asked;
    await listing();
    assert.equal(asked, before);
    api.forget(ID);
    await listing();
    assert.ok(asked > before, 'asked again, where something happened to it');
  });

  it('has one deadline for all that it asks about, and goes on with the rest', async () => {
    const ids = Array.from({ length: 24 }, (_, at) => at.toString(16).padStart(64, '0'));
    const stuck = ids.map((id) => [`/containers/${id}/json`, (): void => undefined] as const);
    const host = await engine({ [LIST]: ids.map((id) => listEntry(id)), ...Object.fromEntries<() => void>(stuck) });
    const api = new DockerApi(parseAddress('docker', host));
    const began = performance.now();
    const first = await api.list();
    assert.ok(performance.now() - began < 5_000);
    assert.deepEqual([first.containers.length, first.incomplete], [24, true]);
    assert.deepEqual(first.notes, ['24 could not be inspected: no answer within 3 s']);
    await api.list();
    assert.equal((await api.list()).incomplete, undefined);
  });

  it('asks about many by a few connections, and keeps none', async () => {
    const ids = Array.from({ length: 24 }, (_, at) => at.toString(16).padStart(64, '0'));
    const told = ids.map((id, at) => [`/containers/${id}/json`, inspection(id, 'web', 100 + at)] as const);
    const host = await engine({ [LIST]: ids.map((id) => listEntry(id)), ...Object.fromEntries<object>(told) });
    const { containers, notes } = await list(host);
    assert.deepEqual([containers.map(({ pid }) => pid), notes], [ids.map((_, at) => 100 + at), []]);
    assert.ok(sockets.length < ids.length / 2, `${sockets.length} connections`);
    await waitFor('the end of all connections', () => sockets.every(({ destroyed }) => destroyed));
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

  it('takes nothing for a list of containers but the whole JSON of one', async () => {
    let text = '';
    const host = await engine({ [LIST]: (response: ServerResponse) => response.end(text) });
    const wrong = ['', '{}', '<html>', '[1]', '["a"]', '[{', '[{}', '[{}]', '[{}]]', '[] []', 'null', '[{"a":"]}'];
    for (text of [...wrong, JSON.stringify([listEntry(ID)]).slice(0, -1)]) {
      const { containers, notes } = await list(host);
      assert.deepEqual([containers, notes.length], [[], 1], text);
      assert.match(notes[0] ?? '', /: its answer was not understood: [^\n]+$/, text);
    }
    text = '[]';
    assert.deepEqual(await list(host), { containers: [], notes: [] });
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
      assert.deepEqual(notes, [`Docker at ${host}: permission denied: you are not allowed to use its socket`]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('says nothing of an engine that nobody named and that is not there', async () => {
    assert.deepEqual(
      await listEngines({ env: { HOME: folder, XDG_RUNTIME_DIR: folder }, unixSockets: '/dev/null' }).then(
        ({ notes }) => notes,
      ),
      [],
    );
  });

  it('says nothing of a socket that a stopped engine left in the usual place', async () => {
    const left = createSocket();
    const host = await listen(left);
    mkdirSync(join(folder, 'run'));
    // Closing takes the file away; a killed engine leaves it.
    renameSync(join(folder, 'docker.sock'), join(folder, 'run', 'docker.sock'));
    await new Promise((resolve) => left.close(resolve));
    server = null;
    assert.deepEqual(
      await listEngines({ env: { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') }, unixSockets: '/dev/null' }).then(
        ({ notes }) => notes,
      ),
      [],
    );
    const path = join(folder, 'run', 'docker.sock');
    assert.deepEqual((await list(path)).notes, [`Docker at ${path}: no engine listens there`]);
    assert.notEqual(host, path);
  });
});
