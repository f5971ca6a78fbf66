// Sandboxes made with the kernel alone, by unshare(1): a process with namespaces of its own under a name of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import { isRunning, run, signal, waitFor } from './run';
import type { TestUser } from './users';

type Ids = Pick<TestUser, 'uid' | 'gid'>;

export interface SandboxOptions {
  /** Shown as the process's argv[0], which is what a sandbox goes by. */
  name?: string;
  /** Namespaces of its own; the others are the caller's. */
  types: readonly NamespaceName[];
  /** Takes these namespaces of another process, before its own are made. */
  shares?: { pid: number; types: readonly NamespaceName[] };
  /** The program and its arguments; by default it sleeps. */
  command?: readonly string[];
  /** Runs as this user; without root that needs the type `user`. */
  user?: Ids;
  /** IPv4 address with prefix length, such as 10.77.0.5/24, for an interface eth0 of its network. Needs root. */
  address?: string;
}

export interface Sandbox {
  /** Pid of the named process itself, as seen from the machine. */
  readonly pid: number;
  /** Runs a program in all of its namespaces by nsenter(1); resolves with its standard output. */
  run(command: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** unshare(1)'s options. In a user namespace one is root: nobody else could make the others. */
const unshareOptions = (type: NamespaceName): string[] => [
  namespaceType(type).option,
  ...(type === 'user' ? ['--map-root-user'] : []),
];

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { name = 'sandbox', types, shares, command = ['sleep', '1000000'], user, address } = options;
  const argv = [
    // It dies with the tests, should they be killed. (A new user namespace undoes that: prctl(2), PR_SET_PDEATHSIG.)
    ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ...(shares
      ? ['nsenter', `--target=${shares.pid}`, ...shares.types.map((type) => namespaceType(type).option), '--']
      : []),
    'unshare',
    ...types.flatMap(unshareOptions),
    // A new pid or time namespace begins with the next child (unshare(2)). The child dies with its parent.
    ...(types.includes('pid') || types.includes('time') ? ['--fork', '--kill-child'] : []),
    ...(types.includes('pid') && types.includes('mnt') ? ['--mount-proc'] : []),
    '--',
    // Only a shell's exec can set argv[0]; name and command reach it as arguments, never as script.
    ...['bash', '-c', 'name=$1; shift; exec -a "$name" "$@"', 'bash', name, ...command],
  ];
  const child = await start(argv, user);
  const stop = async (): Promise<void> => {
    if (child.pid === undefined) return;
    const pid = child.pid;
    signal(pid, 'SIGKILL');
    await waitFor(`sandbox ${name} to end`, () => !isRunning(pid) && !descendants(pid).some(isRunning));
  };
  try {
    const pid = await waitFor(`sandbox ${name} to start`, () => {
      if (child.exitCode !== null) throw new Error(`sandbox ${name}: ${argv.join(' ')}: exit code ${child.exitCode}`);
      return [child.pid ?? 0, ...descendants(child.pid ?? 0)].find((candidate) => argv0(candidate) === name);
    });
    if (address !== undefined) await addAddress(pid, address);
    return {
      pid,
      run: (program, ...args) => run('nsenter', [`--target=${pid}`, '--all', '--', program, ...args]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(argv: readonly string[], user: Ids | undefined): Promise<ChildProcess> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return child;
}

/** A veth pair with both ends inside needs no other namespace, and no kernel module beyond what containers need. */
async function addAddress(pid: number, address: string): Promise<void> {
  const ip = (...args: string[]): Promise<string> => run('nsenter', [`--target=${pid}`, '--net', '--', 'ip', ...args]);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0-peer');
  await ip('address', 'add', address, 'dev', 'eth0');
  await ip('link', 'set', 'eth0', 'up');
  await ip('link', 'set', 'eth0-peer', 'up');
}

function argv0(pid: number): string | undefined {
  return readText(`/proc/${pid}/cmdline`).split('\0')[0];
}

function descendants(pid: number): number[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
