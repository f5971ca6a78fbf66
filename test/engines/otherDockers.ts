// Docker in the ways in which its containers' root is nobody on the machine: a user's own engine (rootless), and root's with
// --userns-remap. Neither makes a bridge or a firewall rule: each has a network namespace of its own, and its containers none.
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeLabels } from '../support/docker';
import { BUSYBOX_IMAGE, busyboxImage } from '../support/images';
import { background, end, isRunning, run, waitFor } from '../support/run';
import { makeUser, type TestUser } from '../support/users';
import type { Expected, ExpectedStopped } from './scanEngines';
import { forgetCgroups, forgetShims, processesIn, readText, type Undo } from './undo';

export async function startRemappedDocker(folder: string, undo: Undo, stopped: ExpectedStopped[]): Promise<Expected[]> {
  const user = await newUser(undo);
  forgetCgroups(undo, 'docker');
  const found = await startDocker(folder, undo, (dockerd) =>
    background('unshare', ['--net', '--', ...dockerd, `--userns-remap=${user.name}`], join(folder, 'dockerd.log')),
  );
  return sortOut(found, stopped, { user: 'root', rootless: false });
}

/** As Docker's dockerd-rootless.sh has it, but for the network. */
export async function startRootlessDocker(folder: string, undo: Undo, stopped: ExpectedStopped[]): Promise<Expected[]> {
  const user = await newUser(undo);
  const own = join(folder, 'own');
  mkdirSync(own, { mode: 0o700 });
  chownSync(own, user.uid, user.gid);
  // The links to the machine's folders in the copy of /run would lead to what only the machine's root may use.
  const inside = 'rm -f /run/docker /run/containerd /run/xtables.lock; exec unshare --net -- "$@" --rootless';
  const rootlesskit = [
    ...['rootlesskit', `--state-dir=${own}/rootlesskit`, '--net=host', '--propagation=rslave'],
    ...['--copy-up=/etc', '--copy-up=/run', 'sh', '-c', inside, 'sh'],
  ];
  const asUser = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  const env = { ...user.env, XDG_RUNTIME_DIR: own };
  const found = await startDocker(own, undo, (dockerd) =>
    background('env', [...asUser, ...rootlesskit, ...dockerd], join(own, 'dockerd.log'), { cwd: own, env }),
  );
  return sortOut(found, stopped, { user: user.name, rootless: true });
}

type Owner = Pick<Expected, 'user' | 'rootless'>;
type Told = Omit<Expected, keyof Owner> & { id: string };

/** Those that run; the others are pushed to `stopped`. */
function sortOut(found: readonly Told[], stopped: ExpectedStopped[], owner: Owner): Expected[] {
  return found.flatMap(({ pid, ...told }) => {
    if (pid !== 0) return [{ ...told, ...owner, pid }];
    stopped.push({ ...told, ...owner });
    return [];
  });
}

async function newUser(undo: Undo): Promise<TestUser> {
  const user = await makeUser('none');
  undo.push(() => user.remove());
  return user;
}

/** `start` runs the command line of dockerd in its way. */
async function startDocker(
  folder: string,
  undo: Undo,
  start: (dockerd: readonly string[]) => ReturnType<typeof background>,
): Promise<Told[]> {
  forgetShims(undo);
  const socket = join(folder, 'docker.sock');
  const daemon = await start([
    ...['dockerd', `--host=unix://${socket}`, `--pidfile=${folder}/docker.pid`, '--storage-driver=vfs'],
    ...[`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, '--bridge=none', '--iptables=false'],
  ]);
  undo.push(() => end([daemon.pid, ...processesIn(folder)]));
  const docker = (...args: string[]): Promise<string> =>
    run('docker', args, { env: { PATH: process.env['PATH'], HOME: folder, DOCKER_HOST: `unix://${socket}` } });
  await waitFor(
    'dockerd to start',
    async () => {
      if (!isRunning(daemon.pid)) throw new Error(readText(join(folder, 'dockerd.log')));
      return docker('version').then(
        () => true,
        () => false,
      );
    },
    30_000,
  );
  writeFileSync(join(folder, 'busybox.tar'), await busyboxImage());
  await docker('load', '--quiet', '--input', join(folder, 'busybox.tar'));
  undo.push(() => docker('rm', '--force', 'web', 'made'));
  const options = ['--network', 'none', ...composeLabels('shop', 'web')];
  await docker('run', '--detach', '--name', 'web', ...options, BUSYBOX_IMAGE);
  await docker('create', '--name', 'made', ...options, BUSYBOX_IMAGE);
  const inspected = JSON.parse(await docker('inspect', 'web', 'made')) as {
    Id: string;
    Name: string;
    State: { Pid: number };
    Config: { Labels: Record<string, string> };
  }[];
  return inspected.map(({ Id, Name, State, Config }) => ({
    engine: 'docker',
    id: Id,
    name: Name.slice(1),
    pid: State.Pid,
    image: BUSYBOX_IMAGE,
    labels: Config.Labels,
    composeProject: 'shop',
    composeService: 'web',
  }));
}
