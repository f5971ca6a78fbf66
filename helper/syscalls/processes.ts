// Waiting for a child beside its terminal, ending like it, and ending a pid namespace.
import { SyscallError } from '../errors';
import { check, declare, koffi } from './libc';

const c = {
  _exit: declare('void _exit(int code)'),
  clone: declare('int clone(void *fn, void *stack, int flags, intptr_t arg)'),
  getpgid: declare('int getpgid(int pid)'),
  ioctl: declare('int ioctl(int fd, unsigned long op, ...)'),
  signal: declare('intptr_t signal(int signum, intptr_t handler)'),
  socketpair: declare('int socketpair(int domain, int type, int protocol, void *pair)'),
  waitid: declare('int waitid(int idtype, unsigned int id, void *info, int options)'),
  waitpid: declare('int waitpid(int pid, void *status, int options)'),
};

/**
 * reboot(2) by a child in the pid namespace that this process has joined: its init is ended, with SIGHUP (restart) or
 * SIGINT (halt) as its parent sees it. In the initial one, which the caller has to rule out, it would be the machine.
 * clone(2) starts the child right in the C library's function, on a stack of its own, while this process stands still: it
 * executes nothing, and is gone before a process in there could do much with it.
 */
export function rebootJoinedPidNamespace(action: 'restart' | 'halt'): void {
  const LINUX_REBOOT_CMD_RESTART = 0x01234567;
  const LINUX_REBOOT_CMD_HALT = 0xcdef0123 | 0;
  const CLONE_VM = 0x100;
  const CLONE_VFORK = 0x4000;
  const SIGCHLD = 17;
  const RTLD_DEFAULT = null;
  const reboot = declare('void *dlsym(void *handle, const char *symbol)')(RTLD_DEFAULT, 'reboot');
  const stack = Buffer.alloc(64 * 1024);
  // It grows downwards.
  const top = stack.subarray(stack.length - 1024);
  const command = action === 'restart' ? LINUX_REBOOT_CMD_RESTART : LINUX_REBOOT_CMD_HALT;
  const child = check('clone', c.clone(reboot, top, CLONE_VM | CLONE_VFORK | SIGCHLD, command));
  // Sharing our memory, the child has left its errno in ours.
  const errno = koffi().errno();
  const end = waitForEnd(child);
  // Where it succeeds, reboot(2) does not return, and the child ends with the namespace.
  if ('exited' in end && end.exited !== 0) throw new SyscallError('reboot', errno);
}

export type End = { exited: number } | { killedBy: number };
export type WaitResult = End | { stoppedBy: number };

/** waitpid(2) without waiting. Null where nothing has happened to the child. */
export function pollChild(pid: number): WaitResult | null {
  const WNOHANG = 1;
  const WUNTRACED = 2;
  const buffer = Buffer.alloc(4);
  if (check('waitpid', c.waitpid(pid, buffer, WNOHANG | WUNTRACED)) === 0) return null;
  const status = buffer.readInt32LE();
  return (status & 0x7f) === 0x7f ? { stoppedBy: (status >> 8) & 0xff } : endOf(status);
}

/** waitid(2): whether that is a child of this process, which is told nothing and left as it is. */
export function isChild(pid: number): boolean {
  const [P_PID, WNOHANG, WEXITED, WNOWAIT] = [1, 1, 4, 0x01000000];
  const info = Buffer.alloc(128); // siginfo_t
  if (c.waitid(P_PID, pid, info, WNOHANG | WEXITED | WNOWAIT) === 0) return true;
  if (koffi().errno() === koffi().os.errno['ECHILD']) return false;
  throw new SyscallError('waitid', koffi().errno());
}

/** waitpid(2): waits until a child has ended. */
export function waitForEnd(pid: number): End {
  const buffer = Buffer.alloc(4);
  check('waitpid', c.waitpid(pid, buffer, 0));
  return endOf(buffer.readInt32LE());
}

function endOf(status: number): End {
  const signal = status & 0x7f;
  return signal === 0 ? { exited: (status >> 8) & 0xff } : { killedBy: signal };
}

/** socketpair(2): two ends of one stream, close-on-exec. */
export function socketPair(): [number, number] {
  const [AF_UNIX, SOCK_STREAM, SOCK_CLOEXEC] = [1, 1, 0o2000000];
  const pair = Buffer.alloc(8);
  check('socketpair', c.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

/** malloc_trim(3): gives free memory back to the kernel. A C library without it (musl) keeps less in the first place. */
export function trimMemory(): void {
  try {
    declare('int malloc_trim(size_t pad)')(0);
  } catch {
    // There is no such function, and nothing else depends on it.
  }
}

const TIOCGPGRP = 0x540f;
const TIOCSPGRP = 0x5410;

/** tcgetpgrp(3): the terminal's foreground process group. Null where `fd` is not our session's terminal. */
export function foregroundGroup(fd: number): number | null {
  const group = Buffer.alloc(4);
  return c.ioctl(fd, TIOCGPGRP, 'void *', group) === 0 ? group.readInt32LE() : null;
}

/**
 * From here on this process is never stopped for having touched a terminal whose foreground it is not in. sudo beside it may
 * touch it so, as it gives the foreground on when both are continued, and the kernel's SIGTTOU is for the whole group.
 */
export function ignoreTerminalStops(): void {
  const SIGTTOU = 22;
  const SIG_IGN = 1;
  c.signal(SIGTTOU, SIG_IGN);
}

/** tcsetpgrp(3), where that group still is. After ignoreTerminalStops(): sudo may have been first to do the same. */
export function setForegroundGroup(fd: number, group: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(group);
  c.ioctl(fd, TIOCSPGRP, 'void *', bytes);
}

/** getpgid(2) of a process. */
export function processGroup(pid: number): number {
  return check('getpgid', c.getpgid(pid));
}

/** Ends this process by a signal, whatever handler it had for it. */
function dieBy(signal: number): void {
  const SIG_DFL = 0;
  c.signal(signal, SIG_DFL);
  process.kill(process.pid, signal);
}

/** Ends this process as another one has ended. */
export function endAs(end: End): never {
  if ('exited' in end) return exitNow(end.exited);
  dieBy(end.killedBy);
  // Still here: a signal that no process dies of. The shell's way to say the same.
  return exitNow(128 + end.killedBy);
}

/** _exit(2): at once, without what Node does at its end. */
export function exitNow(code: number): never {
  c._exit(code);
  throw new Error('_exit(2) returned');
}
