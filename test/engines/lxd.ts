// LXD with a daemon and folder of its own: a container in the default project, one in another, one of them frozen. Incus,
// its heir, names and places everything the same, but for `incus` in the path.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { background, end, isRunning, run, waitFor } from '../support/run';
import { tar, type TarEntry } from '../support/tar';
import type { Expected, ExpectedStopped } from './scanEngines';
import { forgetCgroups, processesIn, readText, type Undo } from './undo';

/** YAML has to quote it. */
const DESCRIPTION = 'busybox: it\'s "small"';
const SEED = {
  storage_pools: [{ name: 'own', driver: 'dir' }],
  profiles: [{ name: 'default', devices: { root: { path: '/', pool: 'own', type: 'disk' } } }],
};

export async function startLxd(folder: string, undo: Undo, stopped: ExpectedStopped[]): Promise<Expected[]> {
  // The scan knows LXD from others by the folder.
  const own = join(folder, 'lxd');
  mkdirSync(own);
  // What its containers' root may pass through.
  chmodSync(folder, 0o711);
  forgetCgroups(undo, 'lxc.pivot');
  const env = { PATH: process.env['PATH'], HOME: folder, LXD_DIR: own };
  const log = join(folder, 'lxd.log');
  // Without a network it asks nobody for images; its configuration for dnsmasq and firewalls is never made.
  const daemon = await background('unshare', ['--net', '--', 'lxd', '--group', 'root'], log, { env });
  undo.push(
    () => {
      rmSync(`/run/lxc/lock${folder}`, { recursive: true, force: true });
    },
    // The monitors too, of containers that did not start.
    () => end([daemon.pid, ...processesIn(own)], 10_000),
  );
  const lxd = (...args: string[]): Promise<string> => run('lxd', args, { env });
  const lxc = (...args: string[]): Promise<string> => run('lxc', args, { env });
  await waitFor('LXD to start', async () => {
    if (!isRunning(daemon.pid)) throw new Error(readText(log));
    return lxd('waitready', '--timeout=10').then(
      () => true,
      () => false,
    );
  });
  await run('lxd', ['init', '--preseed'], { env, input: JSON.stringify(SEED) });
  writeFileSync(join(folder, 'image.tar'), tar(imageTree()));
  await lxc('image', 'import', join(folder, 'image.tar'), '--alias', 'busybox');
  await lxc('project', 'create', 'shop', '--config', 'features.images=false', '--config', 'features.profiles=false');
  for (const project of ['default', 'shop']) {
    await lxc('launch', 'busybox', 'web', '--project', project);
    undo.push(() => lxc('delete', '--force', '--project', project, 'web'));
  }
  await lxc('init', 'busybox', 'off', '--project', 'shop');
  undo.push(() => lxc('delete', '--force', '--project', 'shop', 'off'));
  await lxc('pause', 'web', '--project', 'shop');
  undo.push(() => lxc('start', 'web', '--project', 'shop'));
  const listed = JSON.parse(await lxc('list', '--all-projects', '--format', 'json')) as {
    name: string;
    project: string;
    status: string;
    expanded_config: Record<string, string>;
    state: { pid: number } | null;
  }[];
  const told = ({ name, project, expanded_config: config }: (typeof listed)[number]): ExpectedStopped => ({
    engine: 'lxd',
    user: 'root',
    rootless: false,
    name,
    id: project === 'default' ? name : `${project}_${name}`,
    labels: { project },
    image: config['image.description'] ?? '',
  });
  stopped.push(...listed.filter(({ status }) => status === 'Stopped').map(told));
  return listed
    .filter(({ status }) => status !== 'Stopped')
    .map((each) => ({
      ...told(each),
      pid: each.state?.pid ?? 0,
      state: each.status === 'Frozen' ? 'paused' : 'running',
    }));
}

function imageTree(): TarEntry[] {
  const arch = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  const metadata = { architecture: arch, creation_date: 1, properties: { description: DESCRIPTION } };
  const folders = ['', 'bin', 'sbin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var'];
  return [
    { name: 'metadata.yaml', type: 'file', data: JSON.stringify(metadata) },
    ...folders.map((name): TarEntry => ({ name: `rootfs/${name}`, type: 'folder', mode: 0o755 })),
    { name: 'rootfs/bin/busybox', type: 'file', data: readFileSync('/bin/busybox'), mode: 0o755 },
    ...['sh', 'sleep'].map((name): TarEntry => ({ name: `rootfs/bin/${name}`, type: 'link', target: 'busybox' })),
    { name: 'rootfs/sbin/init', type: 'file', data: '#!/bin/sh\nexec /bin/sleep 1000000\n', mode: 0o755 },
  ];
}
