// Where nsenter runs the command itself, nothing of ours may run after it (see directly.ts), and yet each join is to be verified. So a
// second helper, out here, traces this one: see tracer.ts. This is the first one's side.
import { closeSync, readSync, writeSync } from 'node:fs';
import { HelperError } from '../errors';
import { EXIT } from '../protocol';
import { setDumpable } from '../syscalls/identity';
import { dieBy, exitNow, socketPair, waitForEnd } from '../syscalls/processes';
import { SIGNALS } from '../syscalls/signals';
import { allowTracer } from '../syscalls/trace';
import { resumeCommand } from './again';
import { ownEnvironment } from './environment';
import { startChild } from './launch';
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
  const launch = { program: findTool('sh', []), argv, environment: ownEnvironment(), openFiles: null };
  waitForEnd(startChild(launch, [...resumed.keep, ...keep, theirs]));
  closeSync(theirs);
  const pid = Number(readLine(socket));
  allowTracer(pid);
  writeSync(socket, '\n');
  const answer = readLine(socket);
  if (answer === TRACED) return { pid, socket };
  throw new HelperError(
    'notPermitted',
    `what nsenter joins there cannot be verified, so nothing was started: ${answer}; another program may trace this one, or kernel.yama.ptrace_scope may be 2 or 3; leave mnt and pid out`,
  );
}

export const TRACED = 'traced';

/**
 * For the nsenter that this process has started: waits until its child is the command, verified, and returns that one's pid. By then
 * nsenter is gone, and the command this process's own child. Where there will be no command, this process ends.
 */
export function adoptCommand({ socket }: Tracer, nsenter: number): number {
  const command = Number(readLine(socket));
  closeSync(socket);
  const end = waitForEnd(nsenter);
  if (command > 0) return command;
  // What went wrong has been said. 1 is nsenter's own code; others are a shell's, for what cannot be executed.
  if ('exited' in end) return exitNow(end.exited === 1 ? EXIT.joinFailed.code : end.exited);
  // A key, say. What was not verified is killed, and nsenter then does the same to itself.
  if (end.killedBy !== SIGNALS.SIGKILL) dieBy(end.killedBy);
  return exitNow(EXIT.joinFailed.code);
}

/** One line from a socket, without its end; what there is if the other side ends before. */
export function readLine(socket: number): string {
  const byte = Buffer.alloc(1);
  let line = '';
  while (readSync(socket, byte) === 1 && byte[0] !== 0x0a) line += byte.toString('latin1');
  return line;
}
