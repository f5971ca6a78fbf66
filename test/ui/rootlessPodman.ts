// A rootless Podman container of a throw-away user in a pod of its own, on a folder of busybox instead of an image: it starts
// in seconds.
import { chownSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forgetCgroups, makeFolder, processesIn, undoAll, type Undo } from '../engines/undo';
import { end, run } from '../support/run';
import type { TestUser } from '../support/users';

const APPLETS = ['cat', 'id', 'sh', 'sleep'];

/** Without what takes rights that a test machine may lack: limits, cgroups made by systemd, the journal. */
const CONFIG = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime = "runc"
`;

/** Resolves with what takes it away again. */
export async function startRootlessPodman(
  user: TestUser,
  { pod, name }: { pod: string; name: string },
): Promise<() => Promise<void>> {
  const folder = makeFolder();
  const undo: Undo = [];
  const stop = (): Promise<void> => undoAll(undo, folder);
  try {
    const own = join(folder, 'podman');
    const files = join(own, 'files');
    for (const path of ['', 'runtime', 'files', 'files/bin', 'files/dev', 'files/etc', 'files/proc', 'files/sys']) {
      mkdirSync(join(own, path), { mode: 0o700 });
      chownSync(join(own, path), user.uid, user.gid);
    }
    copyFileSync('/bin/busybox', join(files, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(files, 'bin', applet));
    writeFileSync(join(folder, 'containers.conf'), CONFIG);
    const podman = (...args: string[]): Promise<string> => asUser(user, folder, args);
    forgetCgroups(undo, 'libpod_parent/conmon', 'libpod_parent', 'conmon');
    undo.push(
      () => end(processesIn(own)),
      () => podman('pod', 'rm', '--all', '--force', '--time', '0'),
    );
    // One with a container of the pod's own would need an image for that.
    await podman('pod', 'create', '--infra=false', '--name', pod);
    const where = ['--pod', pod, '--network', 'none', '--name', name];
    await podman('run', '--detach', ...where, '--rootfs', files, '/bin/sleep', '1000000');
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

function asUser(user: TestUser, folder: string, args: readonly string[]): Promise<string> {
  const own = join(folder, 'podman');
  const places = ['--root', `${own}/lib`, '--runroot', `${own}/run`, '--tmpdir', `${own}/tmp`];
  const setpriv = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  return run('setpriv', [...setpriv, 'podman', ...places, ...args], {
    cwd: own,
    env: { ...user.env, CONTAINERS_CONF: join(folder, 'containers.conf'), XDG_RUNTIME_DIR: join(own, 'runtime') },
  });
}
