// Which engines are asked: by settings, variables, Docker contexts and the sockets on which somebody listens.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { usualSockets } from '../../extension/discover/engines/address';
import type { EngineAddress } from '../../extension/discover/engines/engine';
import { findEngines } from '../../extension/discover/engines/findEngines';
import { skip } from '../support/skip';

describe('discover: where engines are', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-address-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  /** Those that the machine does not have anyway. */
  const find = async (dockerHost: string | undefined, env: NodeJS.ProcessEnv): Promise<EngineAddress[]> =>
    (await findEngines({ dockerHost, env: { HOME: folder, ...env } })).addresses.filter(
      ({ explicit, text }) => explicit || text.startsWith(folder),
    );
  const notes = async (dockerHost: string | undefined, env: NodeJS.ProcessEnv): Promise<readonly string[]> =>
    (await findEngines({ dockerHost, env: { HOME: folder, ...env } })).notes;

  const explicit: [text: string, connect: object][] = [
    ['unix:///run/x.sock', { socketPath: '/run/x.sock' }],
    ['/run/x.sock', { socketPath: '/run/x.sock' }],
    ['tcp://127.0.0.1:2375', { host: '127.0.0.1', port: 2375 }],
    ['tcp://localhost', { host: 'localhost', port: 2375 }],
    ['http://[::1]:99', { host: '::1', port: 99 }],
  ];
  for (const [text, connect] of explicit) {
    it(`understands ${text}, in the setting, DOCKER_HOST and CONTAINER_HOST`, async () => {
      const address = { kind: 'docker', text, connect, explicit: true };
      assert.deepEqual(await find(text, { DOCKER_HOST: 'nonsense' }), [address]);
      assert.deepEqual(await find(undefined, { DOCKER_HOST: text }), [address]);
      assert.deepEqual(await find(undefined, { CONTAINER_HOST: text }), [{ ...address, kind: 'podman' }]);
    });
  }

  for (const text of ['tcp://10.0.0.1:2375', 'tcp://127.0.0.1.evil.example:2375', 'http://example.com']) {
    it(`refuses ${text}: its pids are those of another machine`, async () => {
      assert.match((await notes(text, {})).join(), /^Docker at .* is on another machine: [^\n]*$/);
      assert.deepEqual(await find(text, {}), []);
    });
  }

  for (const text of ['ssh://me@host', 'npipe:////./x', 'docker.sock', 'unix://relative', 'https://127.0.0.1:2376']) {
    it(`refuses ${text} and says what it takes`, async () => {
      const what = 'cannot be used: it must be unix:///PATH or tcp://127.0.0.1:PORT';
      assert.deepEqual(await notes(text, {}), [`Docker address ${text} ${what}`]);
      assert.deepEqual(await notes(undefined, { CONTAINER_HOST: text }), [`Podman address ${text} ${what}`]);
    });
  }

  it('finds the user’s own engines beside each other, each once', async () => {
    mkdirSync(join(folder, 'podman'));
    writeFileSync(join(folder, 'docker.sock'), '');
    writeFileSync(join(folder, 'podman/podman.sock'), '');
    const found = async (): Promise<[string, string][]> =>
      (await find(undefined, { XDG_RUNTIME_DIR: folder })).map(({ kind, text }) => [kind, text]);
    assert.deepEqual(await found(), [
      ['docker', join(folder, 'docker.sock')],
      ['podman', join(folder, 'podman/podman.sock')],
    ]);
    // As podman-docker makes it.
    rmSync(join(folder, 'docker.sock'));
    symlinkSync('podman/podman.sock', join(folder, 'docker.sock'));
    assert.deepEqual(await found(), [['docker', join(folder, 'podman/podman.sock')]]);
  });

  it('speaks of a socket that may not be used only where there is no other', () => {
    const [closed, own] = [join(folder, 'closed.sock'), join(folder, 'own.sock')];
    writeFileSync(closed, '');
    const found = (): string[] =>
      usualSockets('docker', [closed, own, own], (path) => path !== closed).map(({ text }) => text);
    assert.deepEqual(found(), [closed]);
    writeFileSync(own, '');
    assert.deepEqual(found(), [own]);
  });

  describe('a socket on which somebody listens', () => {
    let listening: Server[] = [];
    afterEach(async () => {
      for (const server of listening) await new Promise((resolve) => server.close(resolve));
      listening = [];
    });
    async function listen(path: string): Promise<string> {
      const server = createServer();
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      await new Promise<void>((resolve) => server.listen(join(folder, path), resolve));
      listening.push(server);
      return join(folder, path);
    }
    const found = async (env: NodeJS.ProcessEnv = {}): Promise<[string, string][]> =>
      (await find(undefined, env)).map(({ kind, text }) => [kind, text]);

    it('is asked wherever it is, where its name is an engine’s', async () => {
      const paths = {
        docker: await listen('snap/a b/docker.sock'),
        podman: await listen('second/podman.sock'),
        kubernetes: await listen('k3s/containerd/containerd.sock'),
      };
      await listen('else/docker-proxy.sock');
      await listen('docker.sock.d/other.sock');
      assert.deepEqual(await found(), Object.entries(paths));
      // It has to be a socket, and somebody has to listen.
      writeFileSync(join(folder, 'crio.sock'), '');
      assert.deepEqual(await found(), Object.entries(paths));
    });

    it('is asked by whatever name a daemon was told, where the daemon is root’s or the user’s own', async () => {
      const path = await listen('docker2.sock');
      const uid = process.getuid?.() ?? 0;
      const foundBy = async (by: number, ...sockets: string[]): Promise<string[]> => {
        const daemons = [{ engine: 'docker', pid: 1, uid: by, sockets }];
        const { addresses } = await findEngines({ env: { HOME: folder }, daemons });
        return addresses.flatMap(({ text }) => (text.startsWith(folder) ? [text] : []));
      };
      assert.deepEqual(await foundBy(uid, path), [path]);
      assert.deepEqual(await foundBy(uid + 1_000, path), []);
      writeFileSync(join(folder, 'file'), '');
      assert.deepEqual(await foundBy(uid, join(folder, 'file'), join(folder, 'none')), []);
      if (uid === 0) chownSync(path, 65_534, 65_534);
      assert.deepEqual(await foundBy(uid, path), uid === 0 ? [] : [path]);
    });

    it('is not asked where somebody named another', async () => {
      await listen('second/docker.sock');
      await listen('second/podman.sock');
      await listen('second/crio.sock');
      const other = 'unix:///run/x.sock';
      const env = { DOCKER_HOST: other, CONTAINER_HOST: other, CONTAINER_RUNTIME_ENDPOINT: other };
      assert.deepEqual(new Set((await found(env)).map(([, text]) => text)), new Set([other]));
    });

    it('is not believed where it is neither root’s nor the user’s own', async function () {
      if (process.getuid?.() !== 0) skip(this, 'only root can give a socket away');
      const path = await listen('second/docker.sock');
      chownSync(path, 65_534, 65_534);
      assert.deepEqual(await found(), []);
    });

    it('is nothing where the kernel’s list is not there, or nonsense', async () => {
      const path = await listen('second/docker.sock');
      const list = join(folder, 'unix');
      for (const text of [
        '',
        'nonsense',
        `x: 2 0 00010000 0001 01 7 ${path}\n`.repeat(2),
        `x: 2 0 00000000 0001 01 7 ${path}\n`,
      ]) {
        writeFileSync(list, text);
        const { addresses } = await findEngines({ env: { HOME: folder }, unixSockets: list });
        const asked = addresses.filter((address) => address.text === path);
        assert.equal(asked.length, text.includes('00010000') ? 1 : 0, text);
      }
      const { notes: none } = await findEngines({ env: { HOME: folder }, unixSockets: join(folder, 'none') });
      assert.deepEqual(none, []);
    });
  });

  describe('a Docker context', () => {
    function writeContext(name: string, host: unknown): void {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: name }));
      const meta = join(folder, 'contexts/meta', createHash('sha256').update(name).digest('hex'));
      mkdirSync(meta, { recursive: true });
      writeFileSync(
        join(meta, 'meta.json'),
        JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: host } } }),
      );
    }
    const env = (): NodeJS.ProcessEnv => ({ DOCKER_CONFIG: folder });

    it('names the engine that docker uses', async () => {
      writeContext('rootless', 'unix:///run/user/1000/docker.sock');
      const connect = { socketPath: '/run/user/1000/docker.sock' };
      const address = { kind: 'docker', text: 'unix:///run/user/1000/docker.sock', connect, explicit: true };
      assert.deepEqual(await find(undefined, env()), [address]);
      writeFileSync(join(folder, 'config.json'), '{}');
      assert.deepEqual(await find(undefined, env()), []);
      assert.deepEqual(await find(undefined, { ...env(), DOCKER_CONTEXT: 'rootless' }), [address]);
    });

    it('gives way to the setting and to DOCKER_HOST', async () => {
      writeContext('other', 'unix:///run/other.sock');
      assert.deepEqual(
        (await find('/run/x.sock', env())).map(({ text }) => text),
        ['/run/x.sock'],
      );
      assert.deepEqual(
        (await find(undefined, { ...env(), DOCKER_HOST: '/run/y.sock' })).map(({ text }) => text),
        ['/run/y.sock'],
      );
    });

    it('is no failure where it is the default one, or the files are broken', async () => {
      writeContext('default', 5);
      assert.deepEqual([await find(undefined, env()), await notes(undefined, env())], [[], []]);
      writeFileSync(join(folder, 'config.json'), '{"currentContext":');
      assert.deepEqual([await find(undefined, env()), await notes(undefined, env())], [[], []]);
    });

    it('is said in a line where it cannot be used', async () => {
      writeContext('far', 'ssh://me@host');
      assert.match((await notes(undefined, env())).join(), /^Docker address ssh:\/\/me@host cannot be used/);
      writeContext('broken', 5);
      assert.deepEqual(await notes(undefined, env()), [
        'Docker context broken cannot be read: see docker context inspect',
      ]);
    });
  });
});
