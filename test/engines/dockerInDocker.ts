// An engine in a container of another: Docker in Docker, on the machine's own programs. Its socket lies where both find it.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDocker } from '../support/docker';
import { BUSYBOX_IMAGE, busyboxImage } from '../support/images';
import { run, waitFor } from '../support/run';
import type { Expected } from './scanEngines';
import { forgetShims, readText, type Undo } from './undo';

/** What an engine needs to make namespaces and mounts, and its cgroups. */
const POWERS = [
  ...['--cap-add', 'SYS_ADMIN', '--cap-add', 'NET_ADMIN', '--cap-add', 'SYS_PTRACE', '--cgroupns', 'host'],
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined', '--volume', '/:/host'],
];
const MACHINES_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const INSIDE = 'mount -t proc none /proc; exec "$@" >"$0" 2>&1';

export async function startDockerInDocker(folder: string, undo: Undo): Promise<Expected[]> {
  forgetShims(undo);
  const outer = await startDocker();
  undo.push(() => outer.stop());
  const outerId = await outer.run('outer', { args: POWERS });
  const socket = join(folder, 'docker.sock');
  const dockerd = [
    ...['dockerd', `--host=unix://${socket}`, `--pidfile=${folder}/docker.pid`, '--storage-driver=vfs'],
    ...[`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, '--bridge=none', '--iptables=false'],
  ];
  const log = join(folder, 'dockerd.log');
  const inMounts = ['/usr/bin/unshare', '--mount', '--', '/bin/sh', '-euc', INSIDE, log, ...dockerd];
  await outer.cli('exec', '--detach', '--env', MACHINES_PATH, 'outer', 'chroot', '/host', ...inMounts);
  const docker = (...args: string[]): Promise<string> =>
    run('docker', args, { env: { PATH: process.env['PATH'], HOME: folder, DOCKER_HOST: `unix://${socket}` } });
  const answers = (): Promise<boolean> =>
    docker('version').then(
      () => true,
      () => false,
    );
  await waitFor('dockerd in the container', answers).catch((error: unknown) => {
    throw new Error(readText(log), { cause: error });
  });
  writeFileSync(join(folder, 'busybox.tar'), await busyboxImage());
  await docker('load', '--quiet', '--input', join(folder, 'busybox.tar'));
  undo.push(() => docker('rm', '--force', 'inner'));
  const options = ['--detach', '--name', 'inner', '--network', 'none', '--label', 'tier=in', '--cgroupns', 'host'];
  const innerId = (await docker('run', ...options, BUSYBOX_IMAGE)).trim();
  const outerPid = await outer.pid('outer');
  const insidePid = Number(await docker('inspect', '--format', '{{.State.Pid}}', 'inner'));
  const common = { engine: 'docker', user: 'root', rootless: false, image: BUSYBOX_IMAGE };
  return [
    { ...common, id: outerId, name: 'outer', pid: outerPid },
    { ...common, id: innerId, name: 'inner', pid: pidOnMachine(insidePid), labels: { tier: 'in' }, parent: outerPid },
  ];
}

/** Of a process of which an engine in a container tells: with its pid in there, and one in a namespace below. */
function pidOnMachine(inside: number): number {
  const isIt = (pid: string): boolean =>
    new RegExp(`^NSpid:\\t\\d+\\t${inside}\\t1$`, 'm').test(readText(`/proc/${pid}/status`));
  return Number(readdirSync('/proc').find(isIt));
}
