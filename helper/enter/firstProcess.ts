// The first process of a pid namespace never sees a signal that it does not heed, not even one from outside; only SIGKILL and
// SIGSTOP from outside reach it (pid_namespaces(7)). A plain `sleep` there would outlive Ctrl-C and its own terminal. What is told
// here is whether a signal is lost on it, so that whoever waits for it can do by those two what the signal does elsewhere.
import { constants, readSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { openat } from '../syscalls/files';

/** Bit N-1 is that of signal N. */
interface Heeded {
  /** Caught or ignored. */
  handled: bigint;
  blocked: bigint;
}

const NOTHING: Heeded = { handled: 0n, blocked: 0n };

export class FirstProcess {
  readonly #status: number;
  readonly #commandLine: number;
  /** The helper's, which the child is until it executes the command. Node has handlers that do nothing for a first process. */
  readonly #helper: string;
  #last = NOTHING;

  /** Of a helper that has just been started; `procFd` is the host's /proc. Opened now: with hidepid it could not be later. */
  constructor(procFd: number, pid: number) {
    this.#status = openat(procFd, `${pid}/status`, constants.O_RDONLY);
    this.#commandLine = openat(procFd, `${pid}/cmdline`, constants.O_RDONLY);
    this.#helper = read(this.#commandLine);
    this.#lookAgain(FIRST_LOOK_MS);
  }

  /** Whether a signal would be lost on it now. */
  isDeafTo(signal: NodeJS.Signals): boolean {
    const { handled, blocked } = this.#lookTwice().now;
    return !has(handled | blocked, signal);
  }

  /**
   * Whether a signal that reached it before us, as those of a terminal's keys do, was lost on it. A handler may be for one time
   * alone, and gone by now: so one that was there at the last look counts as well.
   */
  wasDeafTo(signal: NodeJS.Signals): boolean {
    const { now, before } = this.#lookTwice();
    return !has(now.handled | now.blocked | before.handled, signal);
  }

  /** Blocked counts only where it is so for longer: the C library blocks all signals for a moment now and then. */
  #lookTwice(): { now: Heeded; before: Heeded } {
    const before = this.#last;
    this.#last = this.#look();
    return { now: { ...this.#last, blocked: this.#last.blocked & before.blocked }, before };
  }

  #look(): Heeded {
    try {
      if (read(this.#commandLine) === this.#helper) return NOTHING;
      const status = read(this.#status);
      return { handled: mask(status, 'SigCgt') | mask(status, 'SigIgn'), blocked: mask(status, 'SigBlk') };
    } catch {
      return NOTHING; // ESRCH: it has ended.
    }
  }

  /** Programs set their handlers while they start: most of what there is to see is seen early. */
  #lookAgain(afterMs: number): void {
    setTimeout(() => {
      this.#last = this.#look();
      this.#lookAgain(Math.min(afterMs * 2, LAST_LOOK_MS));
    }, afterMs).unref();
  }
}

const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 60 * 60 * 1000;

/** The first page of a file below /proc, as it is now. */
function read(fd: number): string {
  const page = Buffer.alloc(4096);
  return page.toString('latin1', 0, readSync(fd, page, 0, page.length, 0));
}

const has = (signals: bigint, signal: NodeJS.Signals): boolean =>
  ((signals >> BigInt(osConstants.signals[signal] - 1)) & 1n) === 1n;

/** A line of /proc/PID/status that is a mask of signals (proc_pid_status(5)). */
function mask(status: string, name: string): bigint {
  return BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
}
