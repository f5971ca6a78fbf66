// Following real engines while containers come, change and go, and while the engine itself hangs or ends.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildProcess, spawn } from 'node:child_process';
import { listEngines } from '../../extension/discover/engines/listEngines';
import { Inventory } from '../../extension/discover/inventory';
import { Live } from '../../extension/discover/live';
import type { Container } from '../../extension/model/container';
import { HELPER } from '../kernel/support';
import { startDocker, type Docker } from '../support/docker';
import { BUSYBOX_IMAGE, busyboxImage } from '../support/images';
import { background, capture, end, run, signal, waitFor } from '../support/run';
import { runtimeOf } from '../support/runtime';
import { skip } from '../support/skip';

describe('discover: following a real Docker engine', () => {
  let docker: Docker;
  let live: Live;
  let inventory: Inventory;
  let pictures = 0;
  before(async () => {
    docker = await startDocker();
    live = new Live(() => ({ runtime: runtimeOf(HELPER), dockerHost: `unix://${docker.socket}`, env: process.env }));
    inventory = new Inventory(live);
    inventory.onDidChange(() => pictures++);
    inventory.follow();
    await waitFor('the first picture', () => pictures > 0, 30_000);
  });
  after(async () => {
    live.dispose();
    await docker.stop();
  });

  it('is found by the socket that its daemon was told to listen on, without anybody naming it', async () => {
    const id = await docker.cli('create', '--network', 'none', BUSYBOX_IMAGE);
    const followed = new Live(() => ({
      runtime: runtimeOf(HELPER),
      env: { HOME: '/nowhere' },
      unixSockets: '/dev/null',
    }));
    const seen = new Inventory(followed);
    try {
      seen.follow();
      // Its files, which root may read, tell only that it does not run.
      await waitFor('its state', () =>
        seen.latest.containers.some((container) => container.id === id && container.state === 'created'),
      );
    } finally {
      followed.dispose();
    }
  });

  const find = (name: string): Container | undefined =>
    inventory.latest.containers.find((container) => container.engine === 'docker' && container.name === name);
  /** Prints how long it took; on a busy machine that says little. */
  async function shows(name: string, what: string, is: (container: Container | undefined) => boolean): Promise<void> {
    const since = performance.now();
    await waitFor(`${name} to be ${what}`, () => is(find(name)), 30_000);
    console.log(`        ${name} ${what}: shown ${Math.round(performance.now() - since)} ms after docker came back`);
  }

  it('shows a container that starts, is paused, goes on, is renamed, stops, starts again and is removed', async () => {
    const id = await docker.run('live-web');
    const pid = await docker.pid('live-web');
    await shows('live-web', 'running', (shown) => shown?.pid === pid && shown.startTime !== null);
    assert.equal(find('live-web')?.key, `docker:${id}`);
    await docker.cli('pause', 'live-web');
    await shows('live-web', 'paused', (shown) => shown?.state === 'paused');
    await docker.cli('unpause', 'live-web');
    await shows('live-web', 'running', (shown) => shown?.state === 'running');
    await docker.cli('rename', 'live-web', 'live-shop');
    await shows('live-shop', 'renamed', (shown) => shown?.pid === pid);
    assert.equal(find('live-web'), undefined);
    await docker.cli('kill', 'live-shop');
    await shows('live-shop', 'stopped', (shown) => shown?.state === 'exited' && shown.pid === 0);
    await docker.cli('start', 'live-shop');
    const again = await docker.pid('live-shop');
    await shows('live-shop', 'running', (shown) => shown?.pid === again && shown.startTime !== null);
    await docker.cli('rm', '--force', 'live-shop');
    await shows('live-shop', 'removed', (shown) => shown === undefined);
    assert.deepEqual(about('Docker', inventory.latest.notes), []);
  });

  it('goes on while the engine hangs, notices it, and shows what it missed afterwards', async () => {
    const dockerd = daemonOf(docker.socket);
    signal(dockerd, 'SIGSTOP');
    try {
      // Its events stay open: what happens beside it is what it is asked after.
      const sandbox = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
      await waitFor('a note', () => about('Docker', inventory.latest.notes).length > 0, 30_000);
      sandbox.kill('SIGKILL');
      const looked = await inventory.refresh();
      assert.match(about('Docker', looked.notes).join(), /^Docker at .*: no answer within 3 s$/);
      assert.ok(looked.namespaces.length > 0);
    } finally {
      signal(dockerd, 'SIGCONT');
    }
    await docker.run('live-late');
    await shows('live-late', 'running', (shown) => (shown?.startTime ?? null) !== null);
    await waitFor('the note to go', () => about('Docker', inventory.latest.notes).length === 0, 30_000);
  });
});

describe('discover: Podman by its socket', () => {
  let folder = '';
  const options = (): string[] => [
    ...[`--root=${folder}/root`, `--runroot=${folder}/run`, `--tmpdir=${folder}/tmp`],
    ...['--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--events-backend=file'],
  ];
  const podman = async (...args: string[]): Promise<string> => (await run('podman', [...options(), ...args])).trim();
  let service: (ChildProcess & { pid: number }) | null = null;
  before(async function () {
    const version = await capture('podman', ['--version']).catch(() => null);
    if (version?.code !== 0) skip(this, 'podman is not installed');
    folder = mkdtempSync('/tmp/lns-podman-');
    const socket = join(folder, 'podman.sock');
    service = await background(
      'podman',
      [...options(), 'system', 'service', '--time=0', `unix://${socket}`],
      join(folder, 'log'),
    );
    await waitFor('Podman to listen', () => existsSync(socket), 20_000);
    writeFileSync(join(folder, 'image.tar'), await busyboxImage());
    await podman('load', '--quiet', '--input', join(folder, 'image.tar'));
  });
  after(async () => {
    if (service) await end([service.pid]);
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('is found by the socket that it listens on, without anybody naming it', async () => {
    const id = await podman('create', '--network', 'none', BUSYBOX_IMAGE);
    const { containers, notes } = await listEngines({ dockerHost: `${folder}/none.sock`, env: { HOME: folder } });
    const found = containers.filter((container) => container.id === id);
    assert.deepEqual(
      found.map(({ engine, state, pid }) => [engine, state, pid]),
      [['podman', 'created', null]],
    );
    assert.deepEqual(
      notes.filter((note) => note.includes('podman.sock')),
      [],
    );
    await podman('rm', id);
  });

  it('shows its containers as Podman’s, at once, and says when it is gone', async () => {
    const live = new Live(() => ({
      runtime: runtimeOf(HELPER),
      env: { PATH: process.env['PATH'], HOME: folder, CONTAINER_HOST: `unix://${folder}/podman.sock` },
    }));
    const inventory = new Inventory(live);
    const find = (): Container | undefined => inventory.latest.containers.find(({ name }) => name === 'live-podman');
    try {
      inventory.follow();
      assert.deepEqual(about('Podman', (await inventory.refresh()).notes), []);
      const id = await podman('create', '--name', 'live-podman', '--network', 'none', BUSYBOX_IMAGE);
      await waitFor('the container to be shown', () => find()?.state === 'created', 30_000);
      assert.deepEqual([find()?.engine, find()?.id], ['podman', id]);
      await podman('rm', 'live-podman');
      await waitFor('the container to be gone', () => find() === undefined, 30_000);
      await end(service ? [service.pid] : []);
      await waitFor('a note', () => about('Podman', inventory.latest.notes).length > 0, 30_000);
    } finally {
      live.dispose();
    }
  });
});

/** A machine that is busy with something else may have the scan say that it is late: that is no fault of the engines. */
function about(engine: string, notes: readonly string[]): string[] {
  return notes.filter((note) => note.startsWith(`${engine} at `));
}

function daemonOf(socket: string): number {
  const commandOf = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  const pid = readdirSync('/proc').find(
    (name) => /^dockerd\0/.test(commandOf(name)) && commandOf(name).includes(socket),
  );
  assert.ok(pid !== undefined, 'there is a dockerd');
  return Number(pid);
}
