// One container or more of every engine that the scan names by itself, each started by the engine's own tools, and what
// these tell about it. Docker, and containerd that comes with it, are started by support/docker.ts.
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ScannedContainer, StoppedContainer } from '../../helper/protocol';
import { composeLabels, startDocker } from '../support/docker';
import { BUSYBOX_IMAGE, busyboxImage } from '../support/images';
import { background, end, isRunning, run, waitFor } from '../support/run';
import { makeUser, type TestUser } from '../support/users';
import { startDockerInDocker } from './dockerInDocker';
import { startFlatpak } from './flatpak';
import { startKubernetes } from './kubernetes';
import { startLxd } from './lxd';
import { startRemappedDocker, startRootlessDocker } from './otherDockers';
import { forgetCgroups, forgetMounts, processesIn, readText, type Undo } from './undo';

/** What an engine's own tool says; fields that it does not tell of are not compared. */
export type Expected = Pick<ScannedContainer, 'pid' | 'engine' | 'user' | 'rootless'> & Partial<ScannedContainer>;

/** The same of a container that does not run. */
export type ExpectedStopped = Pick<StoppedContainer, 'engine' | 'id' | 'user' | 'rootless'> & Partial<StoppedContainer>;

export interface Engine {
  readonly name: string;
  /** What else of the containers' user is listed, of the engine's own helpers. Not looked at for root, who has more. */
  readonly besides?: readonly string[];
  /**
   * Resolves with what runs. What is pushed to `undo` takes it away again, also where this rejects half-way; what is pushed to
   * `stopped` does not run.
   */
  start(folder: string, undo: Undo, stopped: ExpectedStopped[]): Promise<readonly Expected[]>;
}

const TAG = `lns-${randomBytes(3).toString('hex')}`;
const ROOT = { user: 'root', rootless: false } as const;
const SLEEP = ['/bin/sleep', '1000000'];
const EVIL = '\u001b[2J$(reboot)\n[x](command:y)\u202e`id`';

export const ENGINES: readonly Engine[] = [
  { name: 'Docker and containerd', start: startDockerAndContainerd },
  {
    name: 'Docker, rootless',
    besides: ['sandbox rootlesskit', 'sandbox rootless Docker'],
    start: startRootlessDocker,
  },
  { name: 'Docker with another root (userns-remap)', start: startRemappedDocker },
  { name: 'Docker in a container of Docker', start: startDockerInDocker },
  {
    name: 'Kubernetes',
    start: async (folder, undo, stopped) => {
      const kubernetes = await startKubernetes(folder, undo);
      const id = await kubernetes.startContainer('job');
      await kubernetes.stopContainer(id);
      const [{ labels, pod, image = null } = {}] = kubernetes.expected;
      const own = { ...labels, 'io.kubernetes.container.name': 'job', tier: 'demo' };
      stopped.push({ ...ROOT, engine: 'kubernetes', id, name: 'job', pod: pod ?? null, image, labels: own });
      return kubernetes.expected;
    },
  },
  { name: 'Podman, as root', start: (folder, undo, stopped) => startPodman(folder, { undo, stopped, user: null }) },
  {
    name: 'Podman, rootless',
    besides: ['sandbox rootless Podman'],
    start: async (folder, undo, stopped) => {
      const user = await makeUser('none');
      undo.push(() => user.remove());
      return startPodman(folder, { undo, stopped, user });
    },
  },
  { name: 'LXC', start: startLxc },
  { name: 'LXD', start: startLxd },
  { name: 'systemd-nspawn', start: startNspawn },
  { name: 'runc', start: startRunc },
  { name: 'crun', start: startCrun },
  { name: 'bubblewrap', besides: [], start: startBubblewrap },
  { name: 'Flatpak', besides: ['bubblewrap xdg-dbus-proxy'], start: startFlatpak },
  { name: 'Firejail', besides: [], start: startFirejail },
  { name: 'ip netns', start: startNetns },
];

async function startDockerAndContainerd(folder: string, undo: Undo, stopped: ExpectedStopped[]): Promise<Expected[]> {
  const docker = await startDocker();
  undo.push(() => docker.stop());
  await docker.run('web', { args: [...composeLabels('shop', 'web'), '--label', `evil=${EVIL}`] });
  await docker.run('sidecar', { args: ['--network', 'container:web'] });
  await docker.run('hostpid', { args: ['--pid', 'host', '--network', 'none'] });
  await docker.run('held');
  await docker.cli('pause', 'held');
  undo.push(() => docker.cli('unpause', 'held'));
  await docker.cli('create', '--name', 'made', ...composeLabels('shop', 'job'), BUSYBOX_IMAGE);
  await docker.run('ended', { args: ['--label', `evil=${EVIL}`, '--label', `long=${'x'.repeat(65_536)}`] });
  await docker.cli('kill', 'ended');
  await docker.cli('rename', 'ended', 'ended-renamed');
  const names = ['web', 'sidecar', 'hostpid', 'held', 'made', 'ended-renamed'];
  const inspected = JSON.parse(await docker.cli('inspect', ...names)) as {
    Id: string;
    Name: string;
    Config: { Image: string; Labels: Record<string, string> };
    State: { Pid: number; Status: string };
  }[];
  const found = inspected.flatMap(({ Id, Name, Config, State }): Expected[] => {
    const { Image: image, Labels: labels } = Config;
    const told = {
      ...ROOT,
      engine: 'docker',
      id: Id,
      name: Name.slice(1),
      image,
      labels,
      composeProject: labels['com.docker.compose.project'] ?? null,
      composeService: labels['com.docker.compose.service'] ?? null,
    };
    if (State.Pid !== 0) return [{ ...told, pid: State.Pid, state: State.Status === 'paused' ? 'paused' : 'running' }];
    stopped.push(told);
    return [];
  });
  return [...found, ...(await startCtr(docker.socket, { folder, undo, stopped }))];
}

/** In the containerd that the test's own Docker brought, under two more of its namespaces. Ids of the one may be those of the other. */
async function startCtr(
  dockerSocket: string,
  { folder, undo, stopped }: { folder: string; undo: Undo; stopped: ExpectedStopped[] },
): Promise<Expected[]> {
  const ctrOf =
    (namespace: string) =>
    (...args: string[]) =>
      run('ctr', ['--address', join(dirname(dockerSocket), 'containerd.sock'), '--namespace', namespace, ...args]);
  const OTHER = `${TAG}-other`;
  const [ctr, otherCtr] = [ctrOf(TAG), ctrOf(OTHER)];
  forgetCgroups(undo, TAG);
  const archive = join(folder, 'busybox.tar');
  writeFileSync(archive, await busyboxImage());
  await ctr('image', 'import', archive);
  await otherCtr('image', 'import', archive);
  const start = async (id: string, ...labels: string[]): Promise<Expected> => {
    const options = labels.flatMap((label) => ['--label', label]);
    await ctr('run', '--detach', ...options, BUSYBOX_IMAGE, id, ...SLEEP);
    undo.push(
      () => ctr('container', 'rm', id),
      () => ctr('task', 'rm', '--force', id),
    );
    const [, pid = ''] = new RegExp(`^${id} +(\\d+) `, 'm').exec(await ctr('task', 'ls')) ?? [];
    const { Image: image } = JSON.parse(await ctr('container', 'info', id)) as { Image: string };
    return { ...ROOT, engine: 'containerd', engineNamespace: TAG, name: id, id, pid: Number(pid), image };
  };
  const plain = await start(`${TAG}-ct`, 'tier=demo', `evil=${EVIL}`);
  // nerdctl calls its containers by a label, and as Docker Compose does.
  const [id, name] = [randomBytes(32).toString('hex'), `${TAG}-nerd`];
  const labels = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'nerdctl/name': name,
    'nerdctl/namespace': TAG,
  };
  const created = `${TAG}-created`;
  const create = async (engineNamespace: string, id: string): Promise<void> => {
    const inIt = ctrOf(engineNamespace);
    await inIt('container', 'create', '--label', 'tier=demo', BUSYBOX_IMAGE, id);
    undo.push(() => inIt('container', 'rm', id));
    const labels = { tier: 'demo' };
    stopped.push({ ...ROOT, engine: 'containerd', engineNamespace, id, name: id, image: BUSYBOX_IMAGE, labels });
  };
  await create(TAG, created);
  await create(OTHER, created);
  await create(OTHER, `${TAG}-ct`);
  const nerdctl = await start(id, ...Object.entries(labels).map(([key, value]) => `${key}=${value}`));
  return [
    { ...plain, labels: { tier: 'demo', evil: EVIL } },
    { ...nerdctl, name, labels, composeProject: 'shop', composeService: 'web' },
  ];
}

async function startPodman(
  folder: string,
  { undo, stopped, user }: { undo: Undo; stopped: ExpectedStopped[]; user: TestUser | null },
): Promise<Expected[]> {
  const config = join(folder, 'containers.conf');
  // What asks for rights that a test machine may lack is left out: limits, cgroups made by systemd, the journal.
  writeFileSync(
    config,
    '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n' +
      '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nlock_type = "file"\nruntime = "runc"\n',
  );
  const archive = join(folder, 'busybox.tar');
  writeFileSync(archive, await busyboxImage());
  const own = join(folder, 'podman');
  mkdirSync(own);
  if (user) chownSync(own, user.uid, user.gid);
  const podman = (...args: string[]): Promise<string> =>
    asPodmanUser(user, own, config, [
      '--root',
      `${own}/lib`,
      '--runroot',
      `${own}/run`,
      '--tmpdir',
      `${own}/tmp`,
      ...args,
    ]);
  forgetCgroups(undo, 'libpod_parent/conmon', 'libpod_parent', 'conmon');
  undo.push(
    () => end(processesIn(own)),
    () => podman('rm', '--all', '--force', '--time', '0'),
    () => podman('pod', 'rm', '--all', '--force', '--time', '0'),
  );
  await podman('load', '--quiet', '--input', archive);
  const labels = ['--label', 'com.docker.compose.project=shop', '--label', `evil=${EVIL}`];
  await podman('run', '--detach', '--network', 'none', '--name', `${TAG}-solo`, ...labels, BUSYBOX_IMAGE, ...SLEEP);
  const infra = ['--infra-image', BUSYBOX_IMAGE, '--infra-command', SLEEP.join(' '), '--infra-name', `${TAG}-infra`];
  await podman('pod', 'create', '--name', `${TAG}-pod`, '--network', 'none', ...infra);
  await podman('run', '--detach', '--pod', `${TAG}-pod`, '--name', `${TAG}-a1`, BUSYBOX_IMAGE, ...SLEEP);
  // Which a user can do only with cgroups v2, delegated by systemd.
  if (!user) {
    await podman('pause', `${TAG}-a1`);
    undo.push(() => podman('unpause', `${TAG}-a1`));
  }
  await podman('rename', `${TAG}-solo`, `${TAG}-renamed`);
  await podman('create', '--network', 'none', '--name', `${TAG}-made`, ...labels, BUSYBOX_IMAGE);
  await podman('create', '--pod', `${TAG}-pod`, '--name', `${TAG}-a2`, BUSYBOX_IMAGE);
  const listed = JSON.parse(await podman('ps', '--all', '--pod', '--format', 'json')) as {
    Id: string;
    Names: string[];
    Pid: number;
    Image: string;
    PodName: string;
    State: string;
    Labels: Record<string, string> | null;
  }[];
  return listed.flatMap(({ Id, Names, Pid, Image, PodName, State, Labels }): Expected[] => {
    const told = {
      engine: 'podman',
      user: user?.name ?? 'root',
      rootless: user !== null,
      id: Id,
      name: Names[0] ?? '',
      image: Image,
      pod: PodName || null,
      labels: Labels ?? {},
      composeProject: Labels?.['com.docker.compose.project'] ?? null,
    };
    if (Pid !== 0) return [{ ...told, pid: Pid, state: State === 'paused' ? 'paused' : 'running' }];
    stopped.push(told);
    return [];
  });
}

/** A user's podman needs a folder in the place of /run/user/UID, and where cgroups v1 and v2 are mixed, no v2 in sight. */
function asPodmanUser(user: TestUser | null, folder: string, config: string, args: readonly string[]): Promise<string> {
  const options = {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: user?.home ?? folder, CONTAINERS_CONF: config },
  };
  if (!user) return run('podman', args, options);
  const runtime = `${folder}/runtime`;
  const env = { ...options.env, ...user.env, XDG_RUNTIME_DIR: runtime };
  const setpriv = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  return run(
    'env',
    [...setpriv, 'sh', '-c', 'mkdir -p -m 700 "$XDG_RUNTIME_DIR"; exec "$@"', 'sh', 'podman', ...args],
    {
      ...options,
      env,
    },
  );
}

async function startLxc(folder: string, undo: Undo, stopped: ExpectedStopped[]): Promise<Expected[]> {
  const name = `${TAG}-lx`;
  const own = join(folder, name);
  mkdirSync(own);
  const config = [
    `lxc.rootfs.path = dir:${makeRootfs(own)}`,
    `lxc.uts.name = ${name}`,
    'lxc.net.0.type = empty',
    `lxc.init.cmd = ${SLEEP.join(' ')}`,
    'lxc.mount.auto = proc:mixed sys:ro',
    'lxc.apparmor.profile = unconfined',
  ];
  writeFileSync(join(own, 'config'), `${config.join('\n')}\n`);
  mkdirSync(join(folder, `${name}-off`));
  writeFileSync(join(folder, `${name}-off`, 'config'), `lxc.uts.name = ${name}-off\n`);
  forgetCgroups(undo, 'lxc.pivot');
  undo.push(() => {
    rmSync(`/run/lxc/lock${folder}`, { recursive: true, force: true });
  });
  undo.push(() => run('lxc-stop', ['--lxcpath', folder, '--name', name, '--kill']));
  await run('lxc-start', ['--lxcpath', folder, '--name', name, '--daemon', '--logfile', join(own, 'log')]);
  const pid = Number(await run('lxc-info', ['--lxcpath', folder, '--name', name, '--pid', '--no-humanize']));
  const off = (await run('lxc-ls', ['--lxcpath', folder, '--stopped', '-1'])).split('\n').map((line) => line.trim());
  stopped.push(...off.filter(Boolean).map((id) => ({ ...ROOT, engine: 'lxc', name: id, id })));
  return [{ ...ROOT, engine: 'lxc', name, id: name, pid }];
}

async function startNspawn(folder: string, undo: Undo): Promise<Expected[]> {
  const name = `${TAG}-nsp`;
  const supervisor = await background(
    'systemd-nspawn',
    [
      ...['--quiet', '--directory', makeRootfs(folder), '--machine', name, '--register=no', '--keep-unit'],
      ...['--private-network', '--as-pid2', '--', ...SLEEP],
    ],
    join(folder, 'nspawn.log'),
    {},
  );
  undo.push(() => end([supervisor.pid]));
  const pid = await waitFor('nspawn to start', () => {
    if (!isRunning(supervisor.pid)) throw new Error(readText(join(folder, 'nspawn.log')));
    // It takes over from the one that set everything up, once that runs what was asked for.
    return childrenOf(supervisor.pid).find((child) => childrenOf(child).some(isSleeping));
  });
  return [{ ...ROOT, engine: 'nspawn', name, id: name, pid }];
}

async function startRunc(folder: string, undo: Undo): Promise<Expected[]> {
  // Where runc keeps what it knows is no help: only its cgroup has the name.
  const runc = ['runc', '--root', join(folder, 'state')];
  return [await startBundle(`${TAG}-b`, runc, { folder, undo })];
}

/** It takes no cgroups of v1 and v2 at once, and so has none here: only its state, where it usually is, has the name. */
async function startCrun(folder: string, undo: Undo): Promise<Expected[]> {
  const script = '! mountpoint -q "$0" || umount "$0"; exec crun --cgroup-manager=disabled "$@"';
  const crun = ['unshare', '--mount', '--', 'sh', '-euc', script, '/sys/fs/cgroup/unified'];
  return [await startBundle(`${TAG}-crun`, crun, { folder, undo })];
}

/** By the command line of a runtime that is not an engine's (opencontainers/runtime-spec). */
async function startBundle(
  name: string,
  runtime: readonly string[],
  { folder, undo }: { folder: string; undo: Undo },
): Promise<Expected> {
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  makeRootfs(bundle);
  const [program = '', ...options] = runtime;
  const call = (...args: string[]): Promise<string> => run(program, [...options, ...args], { cwd: bundle });
  await call('spec');
  const file = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as {
    process: { args: string[]; terminal: boolean; rlimits?: unknown };
    linux: { cgroupsPath?: string; resources?: unknown };
  };
  config.process = { ...config.process, args: SLEEP, terminal: false };
  delete config.process.rlimits;
  delete config.linux.resources;
  config.linux.cgroupsPath = `/${TAG}/${name}`;
  writeFileSync(file, JSON.stringify(config));
  forgetCgroups(undo, TAG);
  undo.push(() => call('delete', '--force', name));
  // In the background by a shell, because the runtime leaves its own output to the container.
  const log = join(folder, `${name}.log`);
  await run('sh', ['-c', 'exec "$@" >/dev/null 2>"$0"', log, ...runtime, 'run', '--detach', '--bundle', bundle, name]);
  const { pid } = JSON.parse(await call('state', name)) as { pid: number };
  return { ...ROOT, engine: 'runc', name, id: name, pid };
}

async function startBubblewrap(folder: string, undo: Undo): Promise<Expected[]> {
  const user = await makeUser('none');
  undo.push(() => user.remove());
  const status = join(folder, 'status.json');
  writeFileSync(status, '');
  chownSync(status, user.uid, user.gid);
  const bwrap = await background(
    'sh',
    [
      '-c',
      'exec bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev --json-status-fd 3 sleep 1000000 3>"$0"',
      status,
    ],
    join(folder, 'bwrap.log'),
    { uid: user.uid, gid: user.gid, env: user.env },
  );
  undo.push(() => end([bwrap.pid]));
  const pid = await waitFor('bwrap to start', () => {
    if (!isRunning(bwrap.pid)) throw new Error(readText(join(folder, 'bwrap.log')));
    const child = Number(/"child-pid": *(\d+)/.exec(readText(status))?.[1]);
    return childrenOf(child).some(isSleeping) && child;
  });
  return [{ engine: 'bubblewrap', name: 'sleep', id: null, pid, user: user.name, rootless: true }];
}

async function startFirejail(folder: string, undo: Undo): Promise<Expected[]> {
  const user = await makeUser('none');
  undo.push(() => user.remove());
  const log = join(folder, 'firejail.log');
  forgetMounts(undo, '/run/firejail');
  const sandbox = await background('firejail', ['--noprofile', '--net=none', `--name=${TAG}`, ...SLEEP], log, {
    uid: user.uid,
    gid: user.gid,
    env: user.env,
  });
  undo.push(() => end([sandbox.pid]));
  const pid = await waitFor('firejail to start', async () => {
    if (!isRunning(sandbox.pid)) throw new Error(readText(log));
    const listed = (await run('firejail', ['--list'])).split('\n').find((line) => line.includes(`:${TAG}:`));
    const [first] = listed === undefined ? [] : childrenOf(Number(listed.split(':')[0]));
    return first !== undefined && childrenOf(first).some(isSleeping) && first;
  });
  return [{ engine: 'firejail', name: TAG, id: null, pid, user: user.name, rootless: true }];
}

async function startNetns(_folder: string, undo: Undo): Promise<Expected[]> {
  await run('ip', ['netns', 'add', TAG]);
  undo.push(() => run('ip', ['netns', 'delete', TAG]));
  const program = await background('ip', ['netns', 'exec', TAG, ...SLEEP], '/dev/null');
  undo.push(() => end([program.pid]));
  await waitFor('the program to be in its network', async () => {
    return (await run('ip', ['netns', 'identify', String(program.pid)])).trim() === TAG && isSleeping(program.pid);
  });
  return [{ ...ROOT, engine: 'netns', name: TAG, id: null, pid: program.pid }];
}

/** A root folder with busybox in it, below `folder`. */
export function makeRootfs(folder: string): string {
  const root = join(folder, 'rootfs');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'usr']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  writeFileSync(join(root, 'etc/os-release'), 'ID=busybox\n');
  cpSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of ['sh', 'sleep']) symlinkSync('busybox', join(root, 'bin', name));
  return root;
}

function childrenOf(pid: number): number[] {
  return readText(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Not who is about to run it: its command line names the program too. */
function isSleeping(pid: number): boolean {
  const [program = '', ...args] = readText(`/proc/${pid}/cmdline`).split('\0');
  return program.endsWith('sleep') && args[0] === SLEEP[1];
}
