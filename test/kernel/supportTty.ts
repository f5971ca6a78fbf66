// What the terminal tests share: the ways in, each by hand and through sudo with and without a terminal of sudo's own, and
// a shell of the person's in a pseudo-terminal, from which all is started as it would be by hand.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { ENTER_OPTIONS, nodeOptions } from '../../helper/protocol';
import { run, signal, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { Terminal } from '../support/pty';
import { makeUser, type TestUser } from '../support/users';
import { commOf, descendantsOf, HELPER, NODE } from './support';
import { shareMounts, type SharedMounts } from './supportMounts';
import { asUser } from './supportUsers';

type Box = 'plain' | 'user' | 'seesUs' | 'nested';

/**
 * What is joined, and of which target: in place; with a helper that waits; by a joiner with a helper that waits, for time and for user; by
 * a joiner alone, where processes in there see ours; and with a helper that waits, where pid belongs to another user namespace.
 */
const JOINS = {
  net: 'plain',
  'net,pid': 'plain',
  'cgroup,ipc,mnt,net,pid,time,uts': 'plain',
  'user,pid,mnt': 'user',
  'user,mnt': 'seesUs',
  'user,pid': 'nested',
} as const satisfies Record<string, Box>;
/** What is made new. With `pid` the command is the first process of its pid namespace, with a helper that waits. */
const NEW = ['new pid', 'new time', 'new user,pid'] as const;
export type Way = keyof typeof JOINS | (typeof NEW)[number];
export const WAYS: readonly Way[] = [...(Object.keys(JOINS) as (keyof typeof JOINS)[]), ...NEW];

const isNew = (way: Way): way is (typeof NEW)[number] => way.startsWith('new ');
const AS: Record<Box, string> = { plain: 'me', user: 'target', seesUs: 'root', nested: 'root' };
/** Its name is what the sandbox is found by. */
const IN_USER_NAMESPACE = ['unshare', '--user', '--map-root-user', 'bash', '-c', 'exec -a sandbox "$@"', 'bash'];

/** As the extension starts it, with what it has kept of V8's by the second time. */
const OPTIONS = [...nodeOptions(), ...ENTER_OPTIONS];

/** Where a helper waits for the command. */
export const WITH_HELPER = WAYS.filter((way) => way.includes('pid'));
/** Where the command is its namespace's first process: no signal of its own ends or stops it (pid_namespaces(7)). */
export const isFirst = (way: Way): boolean => way === 'new pid' || way === 'new user,pid';

/** sudo runs the command on a terminal of its own with `use_pty`, else on the person's. */
export const STARTS = ['by root', 'by sudo with use_pty', 'by sudo without use_pty'] as const;
export type Start = (typeof STARTS)[number];

/** An interactive shell that says nothing but its prompt. */
export const INNER_SHELL = ['env', 'PS1=inner> ', 'bash', '--norc', '--noprofile', '--noediting', '-i'];

/** The targets' first process. It reaps whom the kernel gives it (pid_namespaces(7)), as an init does. */
const REAPER = ['perl', '-e', '$SIG{CHLD} = "IGNORE"; sleep 1 while 1'];

const BOXES: Record<Box, readonly NamespaceName[]> = {
  plain: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'uts'],
  user: ['mnt', 'net', 'pid', 'user'],
  seesUs: ['mnt', 'user'],
  nested: ['mnt', 'pid'],
};

/** Targets, a user for sudo, and mounts for the terminals to be among. */
export class Stage {
  readonly #boxes = new Map<Box, Sandbox>();
  #mounts: SharedMounts | null = null;
  #user: TestUser | null = null;
  #rule = '';
  /** For whose start the rule is written. */
  #ruleFor: Start = 'by root';

  async open(): Promise<void> {
    await run(NODE, [...OPTIONS, '--', HELPER, 'compile']);
    for (const [name, types] of Object.entries(BOXES) as [Box, readonly NamespaceName[]][]) {
      const command = name === 'nested' ? [...IN_USER_NAMESPACE, ...REAPER] : REAPER;
      const box = await startSandbox({ types, command });
      this.#boxes.set(name, box);
      await waitFor('its namespaces', () => commOf(box.pid) === 'perl');
    }
    this.#mounts = await shareMounts();
    this.#user = await makeUser('nopasswd');
    this.#rule = `/etc/sudoers.d/${this.#user.name}-pty`;
  }

  async close(): Promise<void> {
    if (this.#rule !== '') rmSync(this.#rule, { force: true });
    await this.#user?.remove();
    await this.#mounts?.stop();
    for (const box of this.#boxes.values()) await box.stop();
  }

  /** What is mounted where the terminals are. */
  mounts(): string[] {
    return this.#mounts?.list() ?? [];
  }

  /** ns-helper's command line for a way in. */
  helper(start: Start, way: Way, command: readonly string[], as?: string): string[] {
    const what = isNew(way) ? ['--new', way.slice('new '.length)] : this.#join(way, as);
    const enter = [NODE, ...OPTIONS, '--', HELPER, 'enter', ...what, '--', ...command];
    return start === 'by root' ? enter : ['sudo', '--non-interactive', '--', ...enter];
  }

  // A user whom that user namespace does not know could enter it by a joiner alone.
  #join(types: keyof typeof JOINS, as = AS[JOINS[types]]): string[] {
    const box = this.#boxes.get(JOINS[types]);
    return ['--target', String(box?.pid), '--join', types, '--as', as];
  }

  /**
   * Lets `act` use the person's shell in a terminal, where `"$@"` is `argv`, so that nothing has to be quoted. Closes the
   * terminal and rejects where a process outlives it.
   */
  async inShell(start: Start, argv: readonly string[], act: (terminal: Terminal) => Promise<void>): Promise<void> {
    const shell = ['bash', '--norc', '--noprofile', '--noediting', '-i', '-s', ...argv];
    const env = { ...process.env, TERM: 'dumb', PS1: 'outer> ' };
    const inShell = async (terminal: Terminal): Promise<void> => {
      await terminal.expect(/outer> /);
      await act(terminal);
    };
    await this.inTerminal(start, shell, inShell, env);
  }

  /** The same with another program than a shell as the terminal's first. */
  async inTerminal(
    start: Start,
    argv: readonly string[],
    act: (terminal: Terminal) => Promise<void>,
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<void> {
    const [user, mounts] = [this.#user, this.#mounts];
    if (!user || !mounts) throw new Error('the stage is not open');
    if (start !== 'by root' && start !== this.#ruleFor) {
      this.#ruleFor = start;
      const mark = start === 'by sudo with use_pty' ? '' : '!';
      writeFileSync(this.#rule, `Defaults:${user.name} ${mark}use_pty\n`, { mode: 0o440 });
      await run('visudo', ['--check', '--quiet', '--file', this.#rule]);
    }
    const options = { env, cwd: '/', ...(start === 'by root' ? {} : { owner: user }) };
    const terminal = new Terminal(mounts.inside(start === 'by root' ? argv : asUser(user, argv)), options);
    try {
      await act(terminal);
    } finally {
      const pids = descendantsOf(terminal.pid);
      await terminal.close();
      await allGone(pids);
    }
  }
}

/** Waits for a process of this name below another. */
export function processBelow(pid: number, name: string): Promise<number> {
  return waitFor(`${name} below ${pid}`, () => descendantsOf(pid).find((child) => commOf(child) === name));
}

/** Letter of a process's state in /proc/PID/stat: T is stopped. */
export function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.charAt(stat.lastIndexOf(')') + 2);
}

/** Waits until there is nothing left of processes, zombies included; ends what is left, and says what it was. */
export async function allGone(pids: readonly number[], timeoutMs = 5_000): Promise<void> {
  const left = (): number[] => pids.filter((pid) => existsSync(`/proc/${pid}`));
  try {
    await waitFor('processes to be gone', () => left().length === 0, timeoutMs);
  } catch {
    const names = left().map((pid) => `${pid} ${String(commOf(pid))}`);
    for (const pid of left()) signal(pid, 'SIGKILL');
    throw new Error(`still there: ${names.join(', ')}`);
  }
}

/** The exit code of the last command, as the shell in a terminal has it. */
export async function lastCode(terminal: Terminal): Promise<number> {
  terminal.type('echo code=$?\r');
  return Number((await terminal.expect(/code=(\d+)\r\n\w+> /))[1]);
}
