import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usualSockets } from '../../extension/discover/engines/address';
import type { EngineAddress } from '../../extension/discover/engines/engine';
import { findEngines } from '../../extension/discover/engines/findEngines';

describe('discover: where engines are', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-address-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  /** Those that the machine does not have anyway. */
  const find = (dockerHost: string | undefined, env: NodeJS.ProcessEnv): EngineAddress[] =>
    findEngines({ dockerHost, env: { HOME: folder, ...env } }).addresses.filter(
      ({ explicit, text }) => explicit || text.startsWith(folder),
    );
  const notes = (dockerHost: string | undefined, env: NodeJS.ProcessEnv): readonly string[] =>
    findEngines({ dockerHost, env: { HOME: folder, ...env } }).notes;

  const explicit: [text: string, connect: object][] = [
    ['unix:///run/x.sock', { socketPath: '/run/x.sock' }],
    ['/run/x.sock', { socketPath: '/run/x.sock' }],
    ['tcp://127.0.0.1:2375', { host: '127.0.0.1', port: 2375 }],
    ['tcp://localhost', { host: 'localhost', port: 2375 }],
    ['http://[::1]:99', { host: '::1', port: 99 }],
  ];
  for (const [text, connect] of explicit) {
    it(`understands ${text}, in the setting, DOCKER_HOST and CONTAINER_HOST`, () => {
      const address = { kind: 'docker', text, connect, explicit: true };
      assert.deepEqual(find(text, { DOCKER_HOST: 'nonsense' }), [address]);
      assert.deepEqual(find(undefined, { DOCKER_HOST: text }), [address]);
      assert.deepEqual(find(undefined, { CONTAINER_HOST: text }), [{ ...address, kind: 'podman' }]);
    });
  }

  for (const text of ['tcp://10.0.0.1:2375', 'tcp://127.0.0.1.evil.example:2375', 'http://example.com']) {
    it(`refuses ${text}: its pids are those of another machine`, () => {
      assert.match(notes(text, {}).join(), /^Docker at .* is on another machine: [^\n]*$/);
      assert.deepEqual(find(text, {}), []);
    });
  }

  for (const text of ['ssh://me@host', 'npipe:////./x', 'docker.sock', 'unix://relative', 'https://127.0.0.1:2376']) {
    it(`refuses ${text} and says what it takes`, () => {
      const what = 'cannot be used: it takes unix:///PATH or tcp://127.0.0.1:PORT';
      assert.deepEqual(notes(text, {}), [`Docker's address ${text} ${what}`]);
      assert.deepEqual(notes(undefined, { CONTAINER_HOST: text }), [`Podman's address ${text} ${what}`]);
    });
  }

  it('finds the user’s own engines beside each other, each once', () => {
    mkdirSync(join(folder, 'podman'));
    writeFileSync(join(folder, 'docker.sock'), '');
    writeFileSync(join(folder, 'podman/podman.sock'), '');
    const found = (): [string, string][] =>
      find(undefined, { XDG_RUNTIME_DIR: folder }).map(({ kind, text }) => [kind, text]);
    assert.deepEqual(found(), [
      ['docker', join(folder, 'docker.sock')],
      ['podman', join(folder, 'podman/podman.sock')],
    ]);
    // As podman-docker makes it.
    rmSync(join(folder, 'docker.sock'));
    symlinkSync('podman/podman.sock', join(folder, 'docker.sock'));
    assert.deepEqual(found(), [['docker', join(folder, 'podman/podman.sock')]]);
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

    it('names the engine that docker uses', () => {
      writeContext('rootless', 'unix:///run/user/1000/docker.sock');
      const connect = { socketPath: '/run/user/1000/docker.sock' };
      const address = { kind: 'docker', text: 'unix:///run/user/1000/docker.sock', connect, explicit: true };
      assert.deepEqual(find(undefined, env()), [address]);
      writeFileSync(join(folder, 'config.json'), '{}');
      assert.deepEqual(find(undefined, env()), []);
      assert.deepEqual(find(undefined, { ...env(), DOCKER_CONTEXT: 'rootless' }), [address]);
    });

    it('gives way to the setting and to DOCKER_HOST', () => {
      writeContext('other', 'unix:///run/other.sock');
      assert.deepEqual(
        find('/run/x.sock', env()).map(({ text }) => text),
        ['/run/x.sock'],
      );
      assert.deepEqual(
        find(undefined, { ...env(), DOCKER_HOST: '/run/y.sock' }).map(({ text }) => text),
        ['/run/y.sock'],
      );
    });

    it('is no failure where it is the default one, or the files are broken', () => {
      writeContext('default', 5);
      assert.deepEqual([find(undefined, env()), notes(undefined, env())], [[], []]);
      writeFileSync(join(folder, 'config.json'), '{"currentContext":');
      assert.deepEqual([find(undefined, env()), notes(undefined, env())], [[], []]);
    });

    it('is said in a line where it cannot be used', () => {
      writeContext('far', 'ssh://me@host');
      assert.match(notes(undefined, env()).join(), /^Docker's address ssh:\/\/me@host cannot be used/);
      writeContext('broken', 5);
      assert.deepEqual(notes(undefined, env()), ["Docker's context broken cannot be read: see docker context inspect"]);
    });
  });
});
