// Ends of processes as the kernel tells of them, by their pidfds (pidfd_open(2)): sooner than the next look at the list would
// show. Only a hint: which process it was is for that look to see. Linux before 5.3 has none, and there the list alone counts.
import { closeSync } from 'node:fs';
import { openFileLimit } from '../syscalls/exec';
import { pidfdOpen } from '../syscalls/namespaces';
import { addToPoll, makePoll, makeWaker, wake, whenReadable } from '../syscalls/waiting';

/** Each takes a descriptor, and 1 or 2 KB of the kernel's memory: anybody may start as many as they are allowed to. */
const MOST = 16_384;
/** Of all that may be open at once, for all else: a scan never has so many open. */
const LEFT_FREE = 256;
/** Node waits for its threads as it ends: where nobody wakes this one, so long at most. */
const LONGEST_MS = 1_000;

/** What one thread waits with. It is closed when that thread has come back. */
interface Waiting {
  readonly poll: number;
  readonly waker: number;
}

/** No process has this id. */
const WAKER = 0;

export class Exits {
  readonly #pidfds = new Map<number, number>();
  #waiting: Waiting | null = null;

  constructor(
    private readonly onExit: () => void,
    private readonly most = Math.min(MOST, Math.max(0, openFileLimit() - LEFT_FREE)),
  ) {}

  /** These, as long as they run, and no others: the first of them, where they are more than there is room for. */
  follow(pids: readonly number[]): void {
    const wanted = new Set(pids.slice(0, this.most));
    for (const [pid, pidfd] of this.#pidfds) if (!wanted.has(pid)) this.#drop(pid, pidfd);
    for (const pid of wanted) if (!this.#pidfds.has(pid)) this.#add(pid);
    if (this.#pidfds.size === 0) this.#stop();
  }

  /** No descriptor stays, and the thread ends at once. */
  close(): void {
    for (const [pid, pidfd] of this.#pidfds) this.#drop(pid, pidfd);
    this.#stop();
  }

  #add(pid: number): void {
    let pidfd: number | null = null;
    try {
      pidfd = pidfdOpen(pid);
      // Whoever waits already is told of this one, too.
      addToPoll(this.#begin().poll, pidfd, pid);
      this.#pidfds.set(pid, pidfd);
    } catch {
      // It is gone already, which the next look sees; or there are no more descriptors, or no pidfds at all.
      if (pidfd !== null) closeSync(pidfd);
    }
  }

  /** What is closed is told of no more. */
  #drop(pid: number, pidfd: number): void {
    this.#pidfds.delete(pid);
    closeSync(pidfd);
  }

  #begin(): Waiting {
    if (this.#waiting) return this.#waiting;
    const poll = makePoll();
    let waker: number | null = null;
    try {
      waker = makeWaker();
      addToPoll(poll, waker, WAKER);
    } catch (error) {
      for (const fd of [poll, waker]) if (fd !== null) closeSync(fd);
      throw error;
    }
    this.#waiting = { poll, waker };
    this.#wait(this.#waiting);
    return this.#waiting;
  }

  #stop(): void {
    if (this.#waiting) wake(this.#waiting.waker);
    this.#waiting = null;
  }

  #wait(waiting: Waiting): void {
    whenReadable(waiting.poll, LONGEST_MS, (pids) => {
      if (waiting === this.#waiting) {
        if (pids) this.#take(pids);
        else this.close();
      }
      // Where nobody is followed any more, the next one begins anew.
      if (this.#pidfds.size === 0) this.#stop();
      if (waiting === this.#waiting) {
        this.#wait(waiting);
        return;
      }
      closeSync(waiting.poll);
      closeSync(waiting.waker);
    });
  }

  /** One that was given up meanwhile, and whose id is another's by now, is followed again after the look that is asked for. */
  #take(pids: readonly number[]): void {
    let ended = false;
    for (const pid of pids) {
      const pidfd = this.#pidfds.get(pid);
      if (pidfd === undefined) continue;
      this.#drop(pid, pidfd);
      ended = true;
    }
    if (ended) this.onExit();
  }
}
