// Where nsenter runs the command itself, nothing of ours may run after it (see directly.ts), and yet each join is to be verified. So a
// second helper, out here, traces this one: see tracer.ts. This is the first one's side.
import { closeSync } from 'node:fs';
import { HelperError } from '../errors';
import { EXIT } from '../protocol';
import { setDumpable } from '../syscalls/identity';
import { endAs, exitNow, socketPair, waitForEnd } from '../syscalls/processes';
import { allowTracer } from '../syscalls/trace';
import { resumeCommand } from './again';
import { type Environment, ownEnvironment } from './environment';
import { startChild } from './launch';
import { readLine, writeLine } from './lines';
import type { State } from './state';
import { findTool } from './tools';

/** What the second helper has to know of the first. */
export interface Traced {
  pid: number;
  /** Descriptor of a socket to it. */
  socket: number;
  /** How many programs come before the command: one nsenter, or two. */
  tools: number;
  /** Whether it starts nsenter and waits for the command, as where pid is joined. Else it becomes both. */
  waits: boolean;
}

export interface Tracer {
  pid: number;
  socket: number;
}

/**
 * Starts that second helper; returns once it traces this process. What it holds, and `keep`, can be opened below /proc/PID/fd, so that
 * nsenter inherits none of it. Throws where this process cannot be traced: nothing is entered unverified.
 */
export function startTracer(state: State, how: Pick<Traced, 'tools' | 'waits'>, keep: readonly number[]): Tracer {
  // Without rights, it may only trace what the user may look into.
  if (process.geteuid?.() !== 0) setDumpable();
  const [socket, theirs] = socketPair();
  const resumed = resumeCommand({ ...state, traced: { ...how, pid: process.pid, socket: theirs } });
  // By a shell that ends at once: as a child of the command it would stay behind as a zombie.
  const argv = ['sh', '-c', '"$@" &', 'sh', ...resumed.argv];
  const environment = withoutShellOptions(ownEnvironment());
  const launch = { program: findTool('sh', []), argv, environment, openFiles: null };
  waitForEnd(startChild(launch, [...resumed.keep, ...keep, theirs]));
  closeSync(theirs);
  const pid = Number(readLine(socket));
  if (pid > 0) {
    allowTracer(pid);
    writeLine(socket, BEGIN);
  }
  const answer = readLine(socket);
  if (answer === TRACED) return { pid, socket };
  const what = 'what nsenter joins there cannot be verified, so nothing was started';
  if (answer === null) throw new HelperError('joinFailed', `${what}: the helper that was to do so has ended`);
  throw new HelperError(
    'notPermitted',
    `${what}: ${answer}; another program may trace this one, or kernel.yama.ptrace_scope may be 2 or 3; leave mnt and pid out`,
  );
}

/** Options that a bash which is called sh takes from its environment: it would trace what it does, by PS4, or do nothing at all. */
function withoutShellOptions(environment: Environment): Environment {
  return environment.filter((entry) => !/^(?:SHELLOPTS|BASHOPTS|PS4)=/.test(entry.toString('latin1')));
}

/** What the first helper says once it may be traced. */
const BEGIN = 'begin';
/** What the second one answers; or else why it cannot. */
export const TRACED = 'traced';
/** What the second one says in place of the command's pid once it has told the person why there is none. */
export const REFUSED = 'refused';

/**
 * For the nsenter that this process has started: waits until its child is the command, verified, and returns that one's pid. By then
 * nsenter is gone, and the command this process's own child. Where there will be no command, this process ends.
 */
export function adoptCommand({ socket }: Tracer, nsenter: number): number {
  const answer = readLine(socket);
  closeSync(socket);
  const end = waitForEnd(nsenter);
  const command = Number(answer);
  if (command > 0) return command;
  if (answer === REFUSED) return exitNow(EXIT.joinFailed.code);
  // nsenter has said what went wrong. 1 is its own code; others are a shell's, for what cannot be executed.
  return endAs('exited' in end && end.exited === 1 ? { exited: EXIT.joinFailed.code } : end);
}
