// Waiting beside the event loop, on a thread of its own: poll(2), which eventfd(2) ends sooner.
import { writeSync } from 'node:fs';
import { check, declare, declareOnThread } from './libc';

const c = {
  eventfd: declare('int eventfd(unsigned int initval, int flags)'),
  poll: declareOnThread('int poll(void *fds, unsigned long nfds, int timeout)'),
};

const POLLIN = 1;
const SIZEOF_POLLFD = 8;

/**
 * Tells, in a turn of its own, which of these descriptors have become readable, or that none has in `timeoutMs`. Node waits for
 * its threads as it ends, so that whoever waits long keeps it.
 */
export function whenReadable(
  fds: readonly number[],
  timeoutMs: number,
  told: (ready: readonly number[]) => void,
): void {
  const pollfds = Buffer.alloc(fds.length * SIZEOF_POLLFD);
  fds.forEach((fd, at) => {
    pollfds.writeInt32LE(fd, at * SIZEOF_POLLFD);
    pollfds.writeInt16LE(POLLIN, at * SIZEOF_POLLFD + 4);
  });
  c.poll([pollfds, fds.length, timeoutMs], () => {
    told(fds.filter((_, at) => pollfds.readInt16LE(at * SIZEOF_POLLFD + 6) !== 0));
  });
}

/** A descriptor that is readable once it was woken, and stays so; close-on-exec. */
export function makeWaker(): number {
  const EFD_CLOEXEC = 0o2000000;
  return check('eventfd', c.eventfd(0, EFD_CLOEXEC));
}

export function wake(waker: number): void {
  // A number of 64 bits, which may be anything but 0.
  writeSync(waker, Buffer.alloc(8, 1));
}
