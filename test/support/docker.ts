// A Docker engine of the test's own: its data, sockets and containerd in one temporary folder, its bridge and firewall
// rules in a network namespace of its own, its images made on the spot. Needs root; `stop()` leaves nothing behind.
//
// To these containers "the host's network" is the engine's network namespace, not the machine's.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { background, end, isRunning, run, signal, waitFor } from './run';
import { BUSYBOX_IMAGE, busyboxImage, NO_SHELL_IMAGE, noShellImage } from './images';

export { BUSYBOX_IMAGE, NO_SHELL_IMAGE };

export interface DockerRunOptions {
  image?: string;
  /** Further arguments of `docker run`, such as `['--network', 'none']`. */
  args?: readonly string[];
  /** What runs inside; by default the image's own command. */
  command?: readonly string[];
}

export interface Docker {
  /** Path of the engine's Unix socket. */
  readonly socket: string;
  /** Path of the network namespace that the engine's containers take for the host's. */
  readonly netns: string;
  /** Runs the `docker` command against this engine; resolves with its trimmed standard output. */
  cli(...args: string[]): Promise<string>;
  /** Starts a container in the background; resolves with its full id. */
  run(name: string, options?: DockerRunOptions): Promise<string>;
  /** Host pid of a container's first process. */
  pid(container: string): Promise<number>;
  /**
   * Ends the engine, in order or by force, and starts it again; `meanwhile` is called in between. Its containers end too, but
   * for those that it starts again.
   */
  restart(how: 'SIGTERM' | 'SIGKILL', meanwhile?: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

export interface DockerOptions {
  /** A group that may talk to the socket; root alone by default. */
  group?: string;
  /** The engine's network: one of its own by default, or that of whoever starts it. */
  network?: 'own' | 'shared';
}

/** Labels as Docker Compose sets them. */
export function composeLabels(project: string, service: string): string[] {
  const labels = { project, service, 'container-number': '1', oneoff: 'False' };
  return Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]);
}

export async function startDocker(options: DockerOptions = {}): Promise<Docker> {
  if (process.getuid?.() !== 0) throw new Error('startDocker: needs root');
  // Short, because a Unix socket's path may have 107 bytes.
  const dir = mkdtempSync('/tmp/lns-docker-');
  const engine = new PrivateDocker(dir);
  try {
    await engine.start(options);
    return engine;
  } catch (error) {
    const log = readLog(join(dir, 'dockerd.log')) + readLog(join(dir, 'containerd.log'));
    await engine.stop();
    throw new Error(`startDocker: ${error instanceof Error ? error.message : String(error)}\n${log}`, { cause: error });
  }
}

class PrivateDocker implements Docker {
  readonly socket: string;
  netns = '';
  private dockerd: readonly string[] = [];
  private readonly daemons: number[] = [];
  private readonly cgroups = cgroupsToMake();
  /** The shims put their sockets here, whatever folder containerd is told to use. */
  private readonly ownsRunContainerd = !existsSync('/run/containerd');

  constructor(private readonly dir: string) {
    this.socket = join(dir, 'docker.sock');
  }

  async start({ group = 'root', network = 'own' }: DockerOptions): Promise<void> {
    // Others than root may pass through to the socket, but not look around.
    chmodSync(this.dir, 0o711);
    const containerdSocket = join(this.dir, 'containerd.sock');
    // An engine that belongs to the machine may be running. dockerd would use its containerd if not given another.
    writeFileSync(
      join(this.dir, 'containerd.toml'),
      [
        'version = 2',
        `root = "${this.dir}/containerd"`,
        `state = "${this.dir}/containerd-state"`,
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
        '[grpc]',
        `address = "${containerdSocket}"`,
      ].join('\n'),
    );
    // unshare becomes containerd, so the pid is containerd's. Containers that take the host's network get the namespace
    // of the process that starts runc, which is containerd's.
    const containerd = await this.daemon('unshare', [
      ...(network === 'own' ? ['--net'] : []),
      '--',
      'containerd',
      '--config',
      `${this.dir}/containerd.toml`,
    ]);
    this.netns = `/proc/${containerd}/ns/net`;
    await this.whileRunning(containerd, 'containerd', () => existsSync(containerdSocket));
    await run('nsenter', [`--net=${this.netns}`, '--', 'ip', 'link', 'set', 'lo', 'up']);

    this.dockerd = [
      `--net=${this.netns}`,
      '--',
      'dockerd',
      `--data-root=${this.dir}/data`,
      `--exec-root=${this.dir}/run`,
      `--pidfile=${this.dir}/dockerd.pid`,
      `--containerd=${containerdSocket}`,
      `--host=unix://${this.socket}`,
      `--group=${group}`,
    ];
    await this.startDockerd();
    await this.load('busybox', await busyboxImage());
    await this.load('noshell', noShellImage());
  }

  async cli(...args: string[]): Promise<string> {
    const env = { ...process.env, DOCKER_HOST: `unix://${this.socket}`, DOCKER_CONFIG: join(this.dir, 'client') };
    return (await run('docker', args, { env })).trim();
  }

  run(name: string, options: DockerRunOptions = {}): Promise<string> {
    const { image = BUSYBOX_IMAGE, args = [], command = [] } = options;
    return this.cli('run', '--detach', '--name', name, ...args, image, ...command);
  }

  async pid(container: string): Promise<number> {
    return Number(await this.cli('inspect', '--format', '{{.State.Pid}}', container));
  }

  async stop(): Promise<void> {
    // Best done by the engine; what it cannot do any more is done by hand below.
    const containers = await this.cli('ps', '--all', '--quiet').catch(() => '');
    if (containers) await this.cli('rm', '--force', '--volumes', ...containers.split('\n')).catch(() => undefined);
    // dockerd first: it still talks to containerd while it ends.
    for (const daemon of this.daemons.reverse()) await end([daemon], 15_000);
    // A container's first process ignores SIGTERM unless it asks for it (pid_namespaces(7)).
    await end(this.leftovers(), 500);
    for (const path of mountsUnder(this.dir)) await run('umount', ['--lazy', path]);
    for (const path of this.cgroups) removeIfEmpty(path);
    if (this.ownsRunContainerd) {
      removeIfEmpty('/run/containerd/s');
      removeIfEmpty('/run/containerd');
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  async restart(how: 'SIGTERM' | 'SIGKILL', meanwhile?: () => Promise<unknown>): Promise<void> {
    const dockerd = this.daemons.pop();
    if (dockerd === undefined) throw new Error('restart: no engine runs');
    signal(dockerd, how);
    await waitFor('dockerd to end', () => !isRunning(dockerd), 30_000);
    // It does not start where its old pid is somebody else's by now.
    rmSync(join(this.dir, 'dockerd.pid'), { force: true });
    try {
      await meanwhile?.();
    } finally {
      await this.startDockerd();
    }
  }

  private async startDockerd(): Promise<void> {
    const dockerd = await this.daemon('nsenter', this.dockerd);
    await this.whileRunning(dockerd, 'dockerd', () =>
      this.cli('version').then(
        () => true,
        () => false,
      ),
    );
  }

  private async daemon(command: string, args: readonly string[]): Promise<number> {
    const name = args.includes('dockerd') ? 'dockerd' : 'containerd';
    const child = await background(command, args, join(this.dir, `${name}.log`));
    this.daemons.push(child.pid);
    return child.pid;
  }

  private async load(name: string, archive: Buffer): Promise<void> {
    const folder = join(this.dir, 'images');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${name}.tar`);
    writeFileSync(file, archive);
    await this.cli('load', '--quiet', '--input', file);
  }

  private whileRunning(pid: number, what: string, ready: () => boolean | Promise<boolean>): Promise<true> {
    return waitFor(
      `${what} to start`,
      async () => {
        if (!isRunning(pid)) throw new Error(`${what} ended while starting`);
        return (await ready()) || null;
      },
      30_000,
    );
  }

  /** Shims whose engine died before them: they name our folder on their command line. Then also what they minded. */
  private leftovers(): number[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const shims = pids.filter((pid) => readText(`/proc/${pid}/cmdline`).includes(`${this.dir}/`));
    const minded = shims.flatMap((pid) => readText(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean));
    return [...minded, ...shims].map(Number);
  }
}

/** The cgroups that Docker makes at the top of each hierarchy and never removes: those that are not there yet. */
function cgroupsToMake(): string[] {
  return mountPoints(/ - cgroup2? /)
    .map((hierarchy) => join(hierarchy, 'docker'))
    .filter((path) => !existsSync(path));
}

function mountsUnder(dir: string): string[] {
  return mountPoints(/./)
    .filter((path) => path.startsWith(`${dir}/`))
    .reverse();
}

/** proc_pid_mountinfo(5): the mount point is the fifth field. */
function mountPoints(match: RegExp): string[] {
  const lines = readText('/proc/self/mountinfo').split('\n');
  return lines.filter((line) => match.test(line)).map((line) => line.split(' ')[4] ?? '');
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not there, or in use by another engine of this machine.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLog(path: string): string {
  return readText(path).split('\n').slice(-20).join('\n');
}
