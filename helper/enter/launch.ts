// Starts the command: in place of the helper, or as a child where a pid namespace was joined (only children are in it,
// setns(2)), with a helper that waits and ends as the command did.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { errorCode, HelperError, quote, reason } from '../errors';
import { closeAllOnExec, execve, keepOnExec, restoreSignals } from '../syscalls';
import type { Environment } from './environment';

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

/** Runs the command as a child. Resolves with its exit code; where a signal ended it, this process ends the same way. */
export function runAsChild(launch: Launch): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(
      launch.environment.map((entry) => {
        const at = entry.indexOf('=');
        return [entry.toString('utf8', 0, at), entry.toString('utf8', at + 1)];
      }),
    );
    const child = spawn(launch.program, launch.argv.slice(1), { argv0: launch.argv[0], env, stdio: 'inherit' });
    for (const signal of FROM_TERMINAL) process.on(signal, () => undefined);
    for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      reject(cannotExecute(launch.program, error));
    });
    child.on('exit', (code, signal) => {
      if (signal === null) resolve(code ?? 0);
      else endBySignal(signal, resolve);
    });
  });
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
