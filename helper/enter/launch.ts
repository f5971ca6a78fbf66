// Starts a program: in place of the helper, or as a child that the helper waits for and ends, stops and continues with.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants as fsConstants, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { errorCode, HelperError, quote, reason } from '../errors';
import { parseState } from '../procStat';
import { closeAllOnExec, execve, keepOnExec, openat, restoreSignals, setCapabilities } from '../syscalls';
import type { Environment } from './environment';
import { become, type Identity } from './identity';

export interface Launch {
  /** The file to execute. */
  program: string;
  /** argv, its first element as the command was named. */
  argv: readonly string[];
  environment: Environment;
}

/** Replaces this process: no Node stays behind. Descriptors 0, 1 and 2 are handed on, all others closed but `keep`. */
export function execInPlace(launch: Launch, keep: readonly number[] = []): never {
  closeAllOnExec();
  // Node marks its own standard descriptors close-on-exec.
  for (const fd of [0, 1, 2, ...keep]) keepOnExec(fd);
  restoreSignals();
  const argv = launch.argv.map((argument) => Buffer.from(argument));
  try {
    execve(launch.program, argv, launch.environment);
  } catch (error) {
    // execvp(3): a file that the kernel does not know how to execute is a script for sh.
    if (errorCode(error) !== 'ENOEXEC') throw cannotExecute(launch.program, error);
  }
  try {
    execve('/bin/sh', [Buffer.from('sh'), Buffer.from(launch.program), ...argv.slice(1)], launch.environment);
  } catch (error) {
    throw cannotExecute(launch.program, error);
  }
}

/** What a terminal's own keys send to the command as well; the helper only has to outlive it. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs a program as a child, with the standard descriptors and `extra` ones as 3, 4, …. Resolves with its exit code;
 * where a signal ended it, this process ends the same way; while it is stopped, so is this process. `procFd` is the
 * host's /proc, where the child is found under the pid that this process knows.
 */
export function runAsChild(launch: Launch, extra: readonly number[], procFd: number): Promise<number> {
  const [argv0 = '', ...args] = launch.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(launch.program, args, {
      argv0,
      env: asObject(launch.environment),
      stdio: ['inherit', 'inherit', 'inherit', ...extra],
    });
    for (const fd of extra) closeSync(fd);
    for (const signal of FROM_TERMINAL) process.on(signal, () => undefined);
    for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
    process.on('SIGCHLD', () => {
      if (child.pid !== undefined && isStopped(child.pid, procFd)) stopWith(child);
    });
    child.on('error', (error) => {
      reject(cannotExecute(launch.program, error));
    });
    child.on('exit', (code, signal) => {
      if (signal === null) resolve(code ?? 0);
      else endBySignal(signal, resolve);
    });
  });
}

function asObject(environment: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(
    environment.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.toString('utf8', 0, at), entry.toString('utf8', at + 1)];
    }),
  );
}

/** Who only waits for a command needs no right to do so: it takes on the command's identity, without capabilities. */
export function superviseAs(identity: Identity | null): void {
  if (identity) become(identity);
  setCapabilities([]);
}

/** The shell that started us has to see that the job stopped; once it continues us, the command goes on. */
function stopWith(child: ChildProcess): void {
  process.kill(process.pid, 'SIGSTOP');
  child.kill('SIGCONT');
}

function isStopped(pid: number, procFd: number): boolean {
  try {
    const fd = openat(procFd, `${pid}/stat`, fsConstants.O_RDONLY);
    try {
      return parseState(readFileSync(fd, 'utf8')) === 'T';
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // it has just ended
  }
}

function endBySignal(signal: NodeJS.Signals, resolve: (code: number) => void): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Still here: a signal that this process does not die of. The shell's way to say the same.
  setTimeout(() => {
    resolve(128 + constants.signals[signal]);
  }, 100);
}

function cannotExecute(program: string, error: unknown): HelperError {
  const missing = errorCode(error) === 'ENOENT';
  // ENOENT for a file that is there: what its first line or its ELF header asks for is not (execve(2)).
  const why = missing ? 'its interpreter or dynamic loader is not there' : reason(error);
  return new HelperError('notExecutable', `${quote(program)} cannot be executed: ${why}`, { cause: error });
}
