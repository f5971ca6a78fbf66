// Starts programs for the tests and waits for conditions. No shell: an argv is a list.
import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  timeoutMs?: number;
}

export interface RunResult {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and resolves with what it did, whatever its exit code. Rejects where it cannot be started. */
export function capture(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { cwd: options.cwd, env: options.env ?? process.env, timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        if (error && typeof error.code === 'string') {
          reject(new Error(`cannot run ${command}: ${error.code}`));
          return;
        }
        resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
      },
    );
    // A program may end without reading all of its input; its exit code tells whether that was all right.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs a program that has to succeed, and resolves with its standard output. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await capture(command, args, options);
  if (result.code !== 0) {
    const how = result.signal ? `ended by ${result.signal}` : `exit code ${result.code ?? 'none'}`;
    throw new Error(`${[command, ...args].join(' ')}: ${how}\n${result.stderr}${result.stdout}`.trim());
  }
  return result.stdout;
}

/** Starts a program in a session of its own, its output in `logFile`. Rejects where it cannot be started. */
export async function background(
  command: string,
  args: readonly string[],
  logFile: string,
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> = {},
): Promise<ChildProcess & { pid: number }> {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
  });
  child.unref();
  return child as ChildProcess & { pid: number };
}

/** Asks again and again until the answer is neither false, null nor undefined. `what` says for which it waits. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  const begin = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) {
      return answer as Exclude<T, false | null | undefined>;
    }
    const waited = Date.now() - begin;
    if (waited > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    // What comes soon is seen soon; what takes long can wait a little more.
    await sleep(Math.min(25, 1 + waited / 8));
  }
}

/** Whether a process runs. A zombie does not: it only waits for its parent to read its exit code. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Sends a signal to a process or, with a negative number, to a process group. One that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends processes: asks with SIGTERM, insists with SIGKILL, returns when none of them runs. */
export async function end(pids: readonly number[], graceMs = 5_000): Promise<void> {
  const left = (): boolean => pids.some(isRunning);
  for (const pid of pids) signal(pid, 'SIGTERM');
  try {
    await waitFor('processes to end', () => !left(), graceMs);
  } catch {
    for (const pid of pids) signal(pid, 'SIGKILL');
    await waitFor(`processes ${pids.join(', ')} to die`, () => !left(), 5_000);
  }
}
