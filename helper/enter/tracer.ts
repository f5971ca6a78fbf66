// The second helper that startTracer.ts starts. It traces (ptrace(2)) the first one, which becomes nsenter or starts it; each program that
// comes of that stops before its first instruction. When it is the command, its namespaces are compared with what was asked for, and it
// runs or is killed.
import { closeSync } from 'node:fs';
import { errorCode, HelperError, reason } from '../errors';
import { idInside, parseIdMap } from '../idMap';
import { statusNumbers } from '../procStat';
import { say } from '../say';
import { readAt } from '../syscalls/files';
import { setNotDumpable } from '../syscalls/identity';
import { exitNow, startSession } from '../syscalls/processes';
import { goOn, leaveStopped, letGo, letGoRunning, seize, type Stop, waitForStop } from '../syscalls/trace';
import { describe, hostName, isRootOf, joinAll, verifyJoined } from './join';
import { setLimits } from './launch';
import { limitsOfCommand } from './limits';
import { readLine, writeLine } from './lines';
import { REFUSED, TRACED, type Traced } from './startTracer';
import type { OpenNamespace, State } from './state';

/** Ends once the command runs, or never will: at once, since Node's own end would set the terminal's modes back, which are the command's. */
export function trace(state: State, traced: Traced): never {
  try {
    serve(state, traced);
  } catch (error) {
    say(`internal error: ${reason(error)}`);
  }
  return exitNow(0);
}

function serve(state: State, traced: Traced): void {
  const { pid, socket } = traced;
  // nsenter opens what we hold. Without rights, it could not do that with us if nobody may look into us.
  if (process.geteuid?.() === 0) setNotDumpable();
  // Or else Ctrl-C would end us, and all that is traced with us, whatever the command makes of it.
  startSession();
  if (!writeLine(socket, String(process.pid)) || readLine(socket) === null) return;
  try {
    seize(pid);
  } catch (error) {
    writeLine(socket, reason(error));
    return;
  }
  // If it has ended, that pid may be another process's by now, which is not to die with us.
  if (!writeLine(socket, TRACED)) {
    unlessGone(() => {
      letGoRunning(pid);
    });
    return;
  }
  // What becomes the command has its own end closed by exec, and hears no more of us.
  if (!traced.waits) closeSync(socket);
  follow(state, traced);
}

function follow(state: State, how: Traced): void {
  if (how.waits) letGoOnceForked(how.pid);
  const traced = new Set<number>();
  let programs = 0;
  for (let stop = waitForStop(); stop !== null; stop = waitForStop()) {
    const { pid, why } = stop;
    if (why === 'ended') {
      traced.delete(pid);
      continue;
    }
    traced.add(pid);
    if (why === 'executed' && programs++ === how.tools) {
      handOver(state, how, pid, traced);
      return;
    }
    unlessGone(() => proceed(stop));
  }
}

/**
 * The helper that only waits is not traced any more once it has started nsenter, which is traced from its birth. That one stops at once,
 * and may be heard of first.
 */
function letGoOnceForked(pid: number): void {
  for (let stop = waitForStop(pid); stop !== null && stop.why !== 'ended'; stop = waitForStop(pid)) {
    const { why } = stop;
    unlessGone(() => (why === 'forked' ? letGo(pid) : proceed(stop)));
    if (why === 'forked') return;
  }
}

const proceed = ({ pid, why, signal }: Stop): number => (why === 'halted' ? leaveStopped(pid) : goOn(pid, signal));

/** `command` is stopped before its first instruction. Unless it is let go of in here, it dies with us, as all does that is traced. */
function handOver(state: State, { socket, waits }: Traced, command: number, traced: ReadonlySet<number>): void {
  try {
    verify(state, command);
  } catch (error) {
    if (isGone(error)) return;
    kill(command);
    say(reason(error));
    if (waits) writeLine(socket, REFUSED);
    return;
  }
  // That nsenter which waits for the command: its child becomes a child of the helper's, see startTracer.ts.
  if (!endOthers(command, traced)) return;
  setLimits({ limits: limitsOfCommand(state.confinement?.limits ?? []) }, command);
  if (waits && !writeLine(socket, String(command))) return;
  unlessGone(() => letGo(command));
}

/** False where the command has been killed meanwhile, and nsenter may have waited for it: there is nothing to hand over then. */
function endOthers(command: number, traced: ReadonlySet<number>): boolean {
  const others = new Set(traced);
  others.delete(command);
  for (const pid of others) kill(pid);
  while (others.size > 0) {
    const stop = waitForStop();
    if (stop === null) return false;
    if (stop.why !== 'ended') continue;
    if (stop.pid === command) return false;
    others.delete(stop.pid);
  }
  return true;
}

/** Throws where the command is not where it should be. */
function verify(state: State, pid: number): void {
  verifyJoined(state.namespaces, state.procFd, String(pid));
  if (state.root !== null && !isRootOf(state.root.fd, state.procFd, String(pid))) {
    throw new HelperError('joinFailed', 'its root directory is not the one that was asked for; nothing was started');
  }
  if (state.verbose) say(`after: ${describeTraced(state, pid)}`);
}

/** As it sees itself, like describeSelf(): in the ids of its own user namespace. */
function describeTraced({ namespaces, procFd }: State, pid: number): string {
  const read = (name: string): string => {
    const buffer = Buffer.alloc(PAGE);
    return buffer.toString('utf8', 0, readAt(procFd, `${pid}/${name}`, buffer, PAGE));
  };
  const status = read('status');
  const inside = (key: string, map: string): number =>
    idInside(parseIdMap(read(map)), statusNumbers(status, key)[1] ?? NOBODY) ?? NOBODY;
  const hostname = hostNameIn(namespaces);
  return describe(procFd, { pid, uid: inside('Uid', 'uid_map'), gid: inside('Gid', 'gid_map'), hostname });
}

/** Which can be asked for only in there. */
function hostNameIn(namespaces: readonly OpenNamespace[]): string {
  try {
    joinAll(
      namespaces.filter(({ type }) => type === 'uts'),
      null,
    );
    return hostName();
  } catch {
    return '?'; // without rights out here
  }
}

const PAGE = 4096;
/** What an id without a mapping is shown as (user_namespaces(7)). */
const NOBODY = 65534;

const kill = (pid: number): void => {
  unlessGone(() => process.kill(pid, 'SIGKILL'));
};

/** A process can be killed at any moment; that it is gone is heard of in its turn. */
function unlessGone(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Of a process that has ended, its links in /proc are ENOENT. */
const isGone = (error: unknown): boolean => ['ESRCH', 'ENOENT'].includes(errorCode(error) ?? '');
