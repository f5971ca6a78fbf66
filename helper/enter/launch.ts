// Starts a program: in place of the helper, or as a child that the helper waits for and ends, stops and continues with.
import { errorCode, HelperError, quote, reason } from '../errors';
import {
  closeAllOnExec,
  execve,
  hasLimit,
  keepOnExec,
  posixSpawn,
  restoreSignals,
  setLimit,
  setSoftOpenFileLimit,
} from '../syscalls/exec';
import { setCapabilities } from '../syscalls/identity';
import {
  endAs,
  foregroundGroup,
  ignoreTerminalStops,
  pollChild,
  processGroup,
  setForegroundGroup,
} from '../syscalls/processes';
import { SIGNALS, type SignalName } from '../syscalls/signals';
import { bytesOf } from './bytes';
import type { Environment } from './environment';
import { FirstProcess } from './firstProcess';
import { type Limit, STACK_SIZE } from './limits';
import { shrink } from './memory';
import { NO_LOADER } from './program';
import { whyTooLong } from './tooLong';

export interface Launch {
  /** The file to execute. */
  program: string;
  /** argv, its first element as the command was named. */
  argv: readonly string[];
  environment: Environment;
  /** Soft limit of open files to hand on; null: this process's own. */
  openFiles: number | null;
  /** Limits that are set as the very last thing, because this process may not be able to live with them. */
  limits?: readonly Limit[];
}

/** Replaces this process: no Node stays behind. Descriptors 0, 1 and 2 are handed on, all others closed but `keep`. */
export function execInPlace(launch: Launch, keep: readonly number[] = []): never {
  handOn(launch, keep);
  restoreSignals();
  setLimits(launch);
  return start(launch, execve);
}

/** Starts a child, with what execInPlace() hands on, and returns its pid. */
export function startChild(launch: Launch, keep: readonly number[]): number {
  handOn(launch, keep);
  return start(launch, posixSpawn);
}

/**
 * Starts a child with the same descriptors and waits for it. This process ends as the child does, by its exit code or its
 * signal; while it is stopped, so is this process. Rejects where it cannot be started. `procFd`, the host's /proc, is given where the
 * child is the first process of a pid namespace, which many signals do not reach: see firstProcess.ts. `adopt` tells whom to wait for
 * where that is not the child, but one that it has made.
 */
export function runAsChild(
  launch: Launch,
  keep: readonly number[] = [],
  procFd?: number,
  adopt?: (child: number) => number,
): Promise<never> {
  return new Promise(() => {
    // What waits to be told to begin ends with this process. Until then a signal may end both: it may be stopped by others.
    let child = adopt === undefined ? 0 : adopt(startChild(launch, keep));
    // Else handlers first, so that no signal is missed; the timer keeps this process from ending for want of work.
    const alive = setInterval(() => undefined, 0x7fffffff);
    // Not for a command that ends at once.
    setTimeout(() => void shrink(), SHRINK_AFTER_MS).unref();
    let first: FirstProcess | null = null;
    /** The signal instead of which the child was sent SIGKILL. */
    let endedBy: number | null = null;
    /** Whether the child is being stopped by us, for its limits. */
    let isHeld = false;
    const endChild = (signal: SignalName): void => {
      endedBy ??= SIGNALS[signal];
      signalChild(child, 'SIGKILL');
    };
    ignoreTerminalStops();
    for (const signal of FROM_TERMINAL)
      process.on(signal, () => {
        if (first?.wasDeafTo(signal)) endChild(signal);
      });
    for (const signal of PASSED_ON)
      process.on(signal, () => {
        if (first?.isDeafTo(signal)) endChild(signal);
        else signalChild(child, signal);
      });
    const look = (): void => {
      const result = pollChild(child);
      if (!result) return;
      if ('stoppedBy' in result) {
        if (!isHeld) stopWith(child);
        else {
          isHeld = false;
          setLimits(launch, child);
          signalChild(child, 'SIGCONT');
        }
        return;
      }
      // All that was to be said has been written, and Node's own end would only keep the person waiting.
      endAs('killedBy' in result && endedBy !== null ? { killedBy: endedBy } : result);
    };
    process.on('SIGCHLD', look);
    try {
      if (adopt === undefined) child = startChild(launch, keep);
      setLimits(launch, child);
      isHeld = mayLoseLimits(launch) && signalChild(child, 'SIGSTOP');
    } catch (error) {
      clearInterval(alive);
      process.off('SIGCHLD', look);
      throw error;
    }
    if (procFd !== undefined) first = stopWhereDeaf(new FirstProcess(procFd, child, launch.argv.map(bytesOf)), child);
    // It may have ended before the handler knew its pid.
    look();
  });
}

/** For a child that has just been started. From here on this process only waits, for which it needs no rights. */
export function waitWithoutRights(child: Promise<never>): Promise<never> {
  setCapabilities([]);
  return child;
}

const SHRINK_AFTER_MS = 300;

/** What a terminal's own keys send to the command as well; the helper only has to outlive it. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** With these the terminal stops its processes. If the command does not heed them, they would stop only this process. */
const STOPS = ['SIGTSTP', 'SIGTTIN'] as const;

/** Stops the command with SIGSTOP if a stop signal of the terminal was lost on it; then this process stops with it. */
function stopWhereDeaf(first: FirstProcess, child: number): FirstProcess {
  for (const signal of STOPS)
    process.on(signal, () => {
      if (first.wasDeafTo(signal)) signalChild(child, 'SIGSTOP');
    });
  return first;
}

/**
 * Stops this process, so that the shell that started it sees a stopped job, and continues the command once that shell continues this
 * process. A shell in there that suspends itself holds the terminal's foreground. From its pid namespace it can neither hand it back
 * nor take it again: the outer shell gives the foreground to us, and we pass it on.
 */
function stopWith(child: number): void {
  const group = processGroup(child);
  const terminal = [0, 1, 2].find((fd) => foregroundGroup(fd) === group);
  process.kill(process.pid, 'SIGSTOP');
  // Only from the foreground: in the background, the terminal is somebody else's.
  if (terminal !== undefined && foregroundGroup(terminal) === processGroup(0)) setForegroundGroup(terminal, group);
  signalChild(child, 'SIGCONT');
}

/** Whether the signal was sent. */
function signalChild(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // It has ended, or is a set-user-ID program, which we may not signal.
  }
}

function handOn({ openFiles }: Launch, keep: readonly number[]): void {
  if (openFiles !== null) setSoftOpenFileLimit(openFiles);
  closeAllOnExec();
  // Node marks its own standard descriptors close-on-exec.
  for (const fd of [0, 1, 2, ...keep]) keepOnExec(fd);
}

function setLimits({ limits = [] }: Pick<Launch, 'limits'>, pid?: number): void {
  for (const { resource, soft, hard } of limits)
    try {
      setLimit(resource, soft, hard, pid);
    } catch {
      // takeOnLimits() has reported one that we may not set. Otherwise the child has ended, or has gained rights that we lack.
    }
}

/**
 * Whether a child could lose a limit that it was given as soon as posix_spawn(3) returned. execve(2) is not over by then, and at its
 * end the kernel sets the limit of the stack back to what it was at its beginning (finalize_exec() of fs/exec.c). Signals come after
 * that: once the child is stopped, a limit stays. The command may have begun by then.
 */
function mayLoseLimits({ limits = [] }: Launch): boolean {
  return limits.some(({ name, resource, soft, hard }) => name === STACK_SIZE && !hasLimit(resource, soft, hard));
}

/** By execve(2) or posix_spawn(3), with what execvp(3) adds: a file the kernel does not know is a script for sh. */
function start<T>({ program, argv, environment }: Launch, call: (path: Buffer, argv: Buffer[], env: Buffer[]) => T): T {
  const [path, bytes] = [bytesOf(program), argv.map(bytesOf)];
  try {
    return call(path, bytes, environment);
  } catch (error) {
    if (errorCode(error) === 'E2BIG') throw cannotExecute(program, error, whyTooLong(bytes, environment));
    if (errorCode(error) !== 'ENOEXEC') throw cannotExecute(program, error);
  }
  try {
    return call(Buffer.from('/bin/sh'), [Buffer.from('sh'), path, ...bytes.slice(1)], environment);
  } catch (error) {
    throw cannotExecute(program, error);
  }
}

function cannotExecute(program: string, error: unknown, why = reasonOf(error)): HelperError {
  return new HelperError('notExecutable', `${quote(program)} cannot be executed: ${why}`, { cause: error });
}

const reasonOf = (error: unknown): string => (errorCode(error) === 'ENOENT' ? NO_LOADER : reason(error));
