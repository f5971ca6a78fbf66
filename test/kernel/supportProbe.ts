// One command, started by whatever way, and all that can be told of it: from outside, where nothing in a namespace can lie,
// what its identity and surroundings are; from inside, which processes it sees; and how its end is seen by whoever started it.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { parseStartTime } from '../../helper/procStat';
import { signal, waitFor } from '../support/run';
import { descendantsOf, descriptorsOf, inodesOf, startTimeOf, statusOf, type Inodes } from './support';

/** What the command is told to do in the end: an exit code, or a signal to itself. */
export type End = number | NodeJS.Signals;

/** Where the namespace is from: the machine's (or the caller's), the target's, or one made for the command. */
export type Origin = 'own' | 'target' | 'new';

export interface Seen {
  namespaces: Record<NamespaceName, Origin>;
  /** Real, effective, saved and filesystem id, as the machine counts. */
  uids: string;
  gids: string;
  groups: string;
  capabilities: { inherited: string; permitted: string; effective: string; bounding: string; ambient: string };
  noNewPrivileges: string;
  /** How many filters decide on its system calls (seccomp(2)). */
  filters: number;
  directory: string;
  /** Device and inode of the root directory. */
  root: string;
  /** What is mounted where, in its own mount namespace; null in one that is the machine's or the target's. */
  mounts: string[] | null;
  /** Names of the processes that /proc shows; `the machine's` where it shows these tests. */
  processes: string;
  /** Whether a network of its own has its loopback interface up; null in another one. */
  loopback: boolean | null;
  /** Descriptors past standard error. */
  descriptors: number;
  exit: number | string | null;
}

// Builtins alone, so that the only process is the shell. In another pid namespace, $1 is nobody or somebody else.
const PROBE = `
{ read -r test < "/proc/$1/stat"; } 2> /dev/null
echo "$test"
for folder in /proc/[0-9]*; do
  { read -r name < "$folder/comm"; } 2> /dev/null && echo "$name"
done
echo .
read -r end
case $end in
  SIG*) kill -"\${end#SIG}" $$ ;;
  *) exit "$end" ;;
esac`;

export const PROBE_COMMAND = ['sh', '-c', PROBE, 'probe', String(process.pid)];

export interface ProbeOptions {
  /** Whose namespaces count as the target's. */
  target: Inodes | null;
  end: End;
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/** Runs a command line that ends in PROBE_COMMAND. */
export async function probe(argv: readonly string[], { target, end, cwd, env }: ProbeOptions): Promise<Seen> {
  const [program = '', ...args] = argv;
  // One more descriptor, which is not meant for the command. ('ignore' would open nothing past standard error.)
  const extra = openSync('/dev/null', 'r');
  const child = spawn(program, args, {
    cwd,
    env: env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe', extra],
  }) as ChildProcessWithoutNullStreams;
  closeSync(extra);
  const started = child.pid ?? 0;
  const heard = { out: '', errors: '' };
  child.stdout.on('data', (data: Buffer) => (heard.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (heard.errors += data.toString()));
  child.stdin.on('error', () => undefined);
  const close = once(child, 'close');
  try {
    await waitFor('the probe', () => {
      if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}: ${heard.errors}`);
      return heard.out.endsWith('.\n');
    });
    // One below the other, and the probe has none.
    const pid = descendantsOf(started).at(-1) ?? started;
    const seen = look(pid, target);
    child.stdin.end(`${end}\n`);
    await close;
    return { ...seen, processes: processesIn(heard.out), exit: child.signalCode ?? child.exitCode };
  } finally {
    if (child.exitCode === null && child.signalCode === null)
      for (const pid of [...descendantsOf(started), started]) signal(pid, 'SIGKILL');
    await close;
  }
}

function look(pid: number, target: Inodes | null): Omit<Seen, 'processes' | 'exit'> {
  const [own, inodes, status] = [inodesOf('self'), inodesOf(pid), statusOf(pid)];
  const field = (name: string): string => (status.get(name) ?? '').replace(/\s+/g, ' ');
  const origin = (type: NamespaceName): Origin => {
    if (inodes[type] === own[type]) return 'own';
    return inodes[type] === target?.[type] ? 'target' : 'new';
  };
  const namespaces = Object.fromEntries(NAMESPACE_NAMES.map((type) => [type, origin(type)])) as Seen['namespaces'];
  const root = statSync(`/proc/${pid}/root/`);
  return {
    namespaces,
    uids: field('Uid'),
    gids: field('Gid'),
    groups: field('Groups')
      .split(' ')
      .sort((a, b) => Number(a) - Number(b))
      .join(' '),
    capabilities: {
      inherited: field('CapInh'),
      permitted: field('CapPrm'),
      effective: field('CapEff'),
      bounding: field('CapBnd'),
      ambient: field('CapAmb'),
    },
    noNewPrivileges: field('NoNewPrivs'),
    filters: Number(field('Seccomp_filters')),
    directory: readlinkSync(`/proc/${pid}/cwd`),
    root: `${root.dev}:${root.ino}`,
    mounts: namespaces.mnt === 'new' ? mountsOf(pid) : null,
    // proc_pid_net(5): the routing table of the network it is in has its own address once it is up.
    loopback: namespaces.net === 'new' ? readFileSync(`/proc/${pid}/net/fib_trie`, 'utf8').includes('127.0.0.1') : null,
    descriptors: [...descriptorsOf(pid).keys()].filter((fd) => fd > 2).length,
  };
}

/** `ext4 /home`, sorted. The fields before the hyphen vary in number (proc_pid_mountinfo(5)). */
export function mountsOf(pid: number | 'self'): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  return lines.map((line) => `${line.split(' - ')[1]?.split(' ')[0] ?? ''} ${line.split(' ')[4] ?? ''}`).sort();
}

function processesIn(output: string): string {
  const [test = '', ...names] = output.split('\n').slice(0, -2);
  if (test !== '' && parseStartTime(test) === startTimeOf(process.pid)) return "the machine's";
  return names.sort().join(' ');
}
