// Stopping another process at each program that it executes: ptrace(2). All of it is for the one thread that seized.
import { SyscallError } from '../errors';
import { check, declare, koffi } from './libc';

const c = {
  prctl: declare('int prctl(int op, ...)'),
  ptrace: declare('long ptrace(int request, ...)'),
  waitpid: declare('int waitpid(int pid, void *status, int options)'),
};

const PTRACE_CONT = 7;
const PTRACE_DETACH = 17;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_LISTEN = 0x4208;

/** Every executed program stops, new processes are traced as well (threads are not), and all of it dies with us. */
const OPTIONS = 0x2 | 0x4 | 0x10 | 0x100000; // PTRACE_O_TRACEFORK, TRACEVFORK, TRACEEXEC, EXITKILL

const PTRACE_EVENT_FORK = 1;
const PTRACE_EVENT_VFORK = 2;
const PTRACE_EVENT_EXEC = 4;

const ptrace = (request: number, pid: number, data = 0): number =>
  check('ptrace', c.ptrace(request, 'int', pid, 'intptr_t', 0, 'intptr_t', data));

/** From here on this process hears of all that stops `pid`, and it goes on only by us. It is not stopped by this. */
export const seize = (pid: number): number => ptrace(PTRACE_SEIZE, pid, OPTIONS);

/** Lets a stopped process go on, with a signal where it stopped for one. */
export const goOn = (pid: number, signal: number): number => ptrace(PTRACE_CONT, pid, signal);

/** Lets a stopped process go on, and traces it no more. */
export const letGo = (pid: number, signal = 0): number => ptrace(PTRACE_DETACH, pid, signal);

/** The same for one that runs. */
export function letGoRunning(pid: number): void {
  ptrace(PTRACE_INTERRUPT, pid);
  const stop = waitForStop(pid);
  if (stop !== null && stop.why !== 'ended') letGo(pid, stop.signal);
}

/** Leaves a process stopped that a signal has stopped, as it would be without us. */
export const leaveStopped = (pid: number): number => ptrace(PTRACE_LISTEN, pid);

export interface Stop {
  pid: number;
  /** `executed`: a program that has not run yet. `forked`: has made a process. `halted`: by a signal that stops. `ended`: it is gone. */
  why: 'executed' | 'forked' | 'halted' | 'signal' | 'born' | 'ended';
  /** What it is about to get, for `signal`; else 0. */
  signal: number;
}

/** waitpid(2): waits for the next stop or end of `pid`, or of anything that is traced. Null where that is nothing any more. */
export function waitForStop(which = -1): Stop | null {
  const __WALL = 0x40000000;
  const buffer = Buffer.alloc(4);
  const pid = c.waitpid(which, buffer, __WALL);
  if (pid < 0) {
    const errno = koffi().errno();
    const { EINTR, ECHILD } = koffi().os.errno;
    if (errno === EINTR) return waitForStop(which);
    if (errno === ECHILD) return null;
    throw new SyscallError('waitpid', errno);
  }
  return { pid, ...explain(buffer.readInt32LE()) };
}

/** The status of a traced process (ptrace(2)): `signal << 8 | 0x7f`, with the event above. */
function explain(status: number): Omit<Stop, 'pid'> {
  if ((status & 0xff) !== 0x7f) return { why: 'ended', signal: 0 };
  const [signal, event] = [(status >> 8) & 0xff, status >> 16];
  const SIGTRAP = 5;
  if (event === 0) return { why: 'signal', signal };
  if (event === PTRACE_EVENT_EXEC) return { why: 'executed', signal: 0 };
  if (event === PTRACE_EVENT_FORK || event === PTRACE_EVENT_VFORK) return { why: 'forked', signal: 0 };
  // PTRACE_EVENT_STOP is left: a new process begins with it, by SIGTRAP.
  return { why: signal === SIGTRAP ? 'born' : 'halted', signal: 0 };
}

/** prctl(2), PR_SET_PTRACER: Yama lets `pid` trace this process, which it allows to nobody else but our ancestors. */
export function allowTracer(pid: number): void {
  const PR_SET_PTRACER = 0x59616d61;
  if (c.prctl(PR_SET_PTRACER, 'unsigned long', pid) >= 0) return;
  const errno = koffi().errno();
  // A kernel without Yama.
  if (errno !== koffi().os.errno['EINVAL']) throw new SyscallError('prctl(PR_SET_PTRACER)', errno);
}
