// What the kernel tests share: running ns-helper, and looking at the process that it becomes from outside, through the
// host's /proc, where nothing inside a namespace can lie to the test.
import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { parseStartTime } from '../../helper/procStat';
import { isVanished } from '../../helper/scan/procfs';
import { capture, waitFor, type RunOptions, type RunResult } from '../support/run';

export const NODE = process.execPath;
/** The bundle under test; another one can be named for a trial. */
export const HELPER = process.env['NS_HELPER'] ?? join(process.cwd(), 'dist/helper.js');

/** Not called --env-file: Node before 20.19 and 22.8 acts on that one wherever it stands on the command line. */
export const ENV_OPTION = '--environment-file';
export const REMOVE_ENV_OPTION = '--remove-environment-file';

export const helper = (args: readonly string[], options?: RunOptions): Promise<RunResult> =>
  capture(NODE, ['--', HELPER, ...args], options);

export const enter = (args: readonly string[], options?: RunOptions): Promise<RunResult> =>
  helper(['enter', ...args], options);

export type Inodes = Record<NamespaceName, number>;

export function inodesOf(pid: number | 'self'): Inodes {
  const entries = NAMESPACE_NAMES.map((name) => [name, statSync(`/proc/${pid}/ns/${name}`).ino] as const);
  return Object.fromEntries(entries) as Inodes;
}

/** Field 22 of /proc/PID/stat. */
export const startTimeOf = (pid: number): number => parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** The lines of /proc/PID/status by their keys; ids as the machine counts them. */
export function statusOf(pid: number): Map<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

/** What `of` makes of each open descriptor. One that is closed meanwhile is left out. */
function eachDescriptor<T>(pid: number, of: (fd: string) => T): Map<number, T> {
  const open = new Map<number, T>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      open.set(Number(fd), of(fd));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return open;
}

/** Open descriptors and what they are of. */
export const descriptorsOf = (pid: number): Map<number, string> =>
  eachDescriptor(pid, (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));

/** How many files and folders a process has the kernel watch: a line of fdinfo each (proc_pid_fdinfo(5)). */
export function inotifyWatchesOf(pid: number): number {
  const lines = eachDescriptor(pid, (fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').match(/^inotify /gm));
  return [...lines.values()].reduce((sum, found) => sum + (found?.length ?? 0), 0);
}

/** Null for a process that has ended. */
export const commOf = (pid: number): string | null => readIfThere(`/proc/${pid}/comm`)?.trim() ?? null;

/** Those that were there as it was asked: any of them may have ended since. */
export function descendantsOf(pid: number): number[] {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`)?.split(' ').filter(Boolean).map(Number) ?? [];
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** A file of a process, or null where that has ended: no such file, or no such process behind an open one. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isVanished(error)) return null;
    throw error;
  }
}

/**
 * Runs a command line that ends in `cat`, waits until cat answers, lets `look` see it (and the process that was started
 * here) while it waits for more, and ends it.
 */
export async function watchCat<T>(
  argv: readonly string[],
  look: (cat: number, started: number) => T | Promise<T>,
  options: SpawnOptions = {},
): Promise<T> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let [answer, errors] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (answer += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  // One that ended already is reported below, with what it said.
  child.stdin.on('error', () => undefined);
  child.stdin.write('x');
  const started = child.pid ?? 0;
  try {
    await waitFor('cat to answer', () => {
      if (child.exitCode !== null) throw new Error(`${argv.join(' ')}: exit code ${child.exitCode}: ${errors}`);
      return answer === 'x';
    });
    const cat = [started, ...descendantsOf(started)].find((pid) => commOf(pid) === 'cat');
    if (cat === undefined) throw new Error(`${argv.join(' ')}: no cat below ${started}`);
    return await look(cat, started);
  } finally {
    child.stdin.end();
    await ended;
  }
}

/** The same, with `enter` and its arguments. */
export const enterCat = <T>(
  args: readonly string[],
  look: (cat: number, started: number) => T | Promise<T>,
  options?: SpawnOptions,
): Promise<T> => watchCat([NODE, '--', HELPER, 'enter', ...args, '--', 'cat'], look, options);
