// Ends of processes as the kernel tells of them, by their pidfds (pidfd_open(2)): sooner than the next look at the list would
// show. Only a hint: which process it was is for that look to see. Linux before 5.3 has none, and there the list alone counts.
import { closeSync } from 'node:fs';
import { pidfdOpen } from '../syscalls/namespaces';
import { makeWaker, wake, whenReadable } from '../syscalls/waiting';

/** Each takes a descriptor. */
const MOST = 256;
/** Node waits for its threads as it ends: where nobody wakes this one, so long at most. */
const LONGEST_MS = 1_000;

export class Exits {
  readonly #pidfds = new Map<number, number>();
  #waker: number | null = null;
  #waiting = false;

  constructor(private readonly onExit: () => void) {}

  /** These, as long as they run, and no others. */
  follow(pids: readonly number[]): void {
    const wanted = new Set(pids.slice(0, MOST));
    const gone = [...this.#pidfds].filter(([pid]) => !wanted.has(pid));
    const come = [...wanted].filter((pid) => !this.#pidfds.has(pid));
    if (gone.length === 0 && come.length === 0) return;
    for (const [pid, pidfd] of gone) this.#drop(pid, pidfd);
    for (const pid of come) this.#add(pid);
    this.#waitAnew();
  }

  /** No descriptor stays, and the thread ends at once. */
  close(): void {
    for (const [pid, pidfd] of this.#pidfds) this.#drop(pid, pidfd);
    this.#waitAnew();
  }

  #add(pid: number): void {
    try {
      this.#pidfds.set(pid, pidfdOpen(pid));
    } catch {
      // It is gone already, which the next look sees; or there are no more descriptors, or no pidfds at all.
    }
  }

  #drop(pid: number, pidfd: number): void {
    this.#pidfds.delete(pid);
    closeSync(pidfd);
  }

  #waitAnew(): void {
    if (this.#waiting) {
      if (this.#waker !== null) wake(this.#waker);
      return;
    }
    this.#wait();
  }

  #wait(): void {
    if (this.#pidfds.size === 0) return;
    const waker = makeWaker();
    this.#waker = waker;
    this.#waiting = true;
    whenReadable([waker, ...this.#pidfds.values()], LONGEST_MS, (ready) => {
      this.#waiting = false;
      this.#waker = null;
      closeSync(waker);
      this.#take(ready.filter((fd) => fd !== waker));
      this.#wait();
    });
  }

  /** A descriptor that was closed meanwhile is another's, or nobody's. */
  #take(ready: readonly number[]): void {
    const ended = [...this.#pidfds].filter(([, pidfd]) => ready.includes(pidfd));
    for (const [pid, pidfd] of ended) this.#drop(pid, pidfd);
    if (ended.length > 0) this.onExit();
  }
}
