// The kernel drops every signal to the first process of a pid namespace that it neither handles nor blocks; only SIGKILL and SIGSTOP
// from outside always reach it (pid_namespaces(7)). There a plain `sleep` would survive Ctrl-C and its own terminal. This finds out
// whether a signal is lost, so that the helper that waits can use those two to do what the signal does elsewhere.
import { closeSync, constants, readSync } from 'node:fs';
import { openat } from '../syscalls/files';
import { SIGNALS, type SignalName } from '../syscalls/signals';

/** Bit N-1 is that of signal N. */
interface Heeded {
  /** Caught or ignored. */
  handled: bigint;
  blocked: bigint;
}

const NOTHING: Heeded = { handled: 0n, blocked: 0n };

export class FirstProcess {
  #files: { status: number; commandLine: number } | null = null;
  /** That of the joiner, which the child still is until it executes the command; what the joiner ignores is of no account. */
  readonly #joiner: string;
  #last = NOTHING;

  /**
   * For a joiner that was started by `argv`, whose child has the pid `pid`; `procFd` is the host's /proc. With hidepid (proc(5)) that one may
   * not be looked at before it has become the command, nor after it has executed a set-user-ID program: so again and again, until it may
   * be. What /proc says of its command line is not to be taken instead: for a moment it is empty.
   */
  constructor(
    private readonly procFd: number,
    private readonly pid: number,
    argv: readonly Buffer[],
  ) {
    this.#joiner = argv
      .map((argument) => `${argument.toString('latin1')}\0`)
      .join('')
      .slice(0, PAGE);
    this.#last = this.#look();
    this.#lookAgain(FIRST_LOOK_MS);
  }

  /** Whether a signal that is sent now would be lost. */
  isDeafTo(signal: SignalName): boolean {
    const { handled, blocked } = this.#lookTwice().now;
    return !has(handled | blocked, signal);
  }

  /**
   * Whether a signal was lost that it got before we did, as it does with those that a terminal's keys send. Its handler may have been
   * for one signal only and may be gone by now, so one that was there at the last look counts as well.
   */
  wasDeafTo(signal: SignalName): boolean {
    const { now, before } = this.#lookTwice();
    return !has(now.handled | now.blocked | before.handled, signal);
  }

  /** Blocking counts only if it lasts from one look to the next: the C library blocks all signals for a moment now and then. */
  #lookTwice(): { now: Heeded; before: Heeded } {
    const before = this.#last;
    this.#last = this.#look();
    return { now: { ...this.#last, blocked: this.#last.blocked & before.blocked }, before };
  }

  #look(): Heeded {
    try {
      const files = (this.#files ??= this.#open());
      if (read(files.commandLine) === this.#joiner) return NOTHING;
      const status = read(files.status);
      return { handled: mask(status, 'SigCgt') | mask(status, 'SigIgn'), blocked: mask(status, 'SigBlk') };
    } catch {
      return NOTHING; // ESRCH: it has ended. Or it may not be looked at yet.
    }
  }

  #open(): { status: number; commandLine: number } {
    const open = (name: string): number => openat(this.procFd, `${this.pid}/${name}`, constants.O_RDONLY);
    const status = open('status');
    try {
      return { status, commandLine: open('cmdline') };
    } catch (error) {
      closeSync(status);
      throw error;
    }
  }

  /** Programs set up their handlers while they start, so the first looks are close together. */
  #lookAgain(afterMs: number): void {
    setTimeout(() => {
      this.#last = this.#look();
      this.#lookAgain(Math.min(afterMs * 2, LAST_LOOK_MS));
    }, afterMs).unref();
  }
}

const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 60 * 60 * 1000;

const PAGE = 4096;

/** The first page of an open file of /proc, with its present content. */
function read(fd: number): string {
  const page = Buffer.alloc(PAGE);
  return page.toString('latin1', 0, readSync(fd, page, 0, page.length, 0));
}

const has = (signals: bigint, signal: SignalName): boolean => ((signals >> BigInt(SIGNALS[signal] - 1)) & 1n) === 1n;

/** A line of /proc/PID/status that is a mask of signals (proc_pid_status(5)). */
function mask(status: string, name: string): bigint {
  return BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
}
