// Waiting beside the event loop, on a thread of its own: epoll(7), to which descriptors come and go while somebody waits, at no cost for
// those that are there. eventfd(2) ends it sooner.
import { writeSync } from 'node:fs';
import { check, declare, declareOnThread } from './libc';

const c = {
  epoll_create1: declare('int epoll_create1(int flags)'),
  epoll_ctl: declare('int epoll_ctl(int epfd, int op, int fd, void *event)'),
  epoll_wait: declareOnThread('int epoll_wait(int epfd, void *events, int maxevents, int timeout)'),
  eventfd: declare('int eventfd(unsigned int initval, int flags)'),
};

const EPOLLIN = 1;
/** struct epoll_event: `events`, and 64 bits that come back with it. It is packed on x64 alone (linux/eventpoll.h). */
const EVENT = process.arch === 'x64' ? { size: 12, mark: 4 } : { size: 16, mark: 8 };
/** What else is ready is told by the next wait. */
const MOST_AT_ONCE = 64;

/** epoll_create1(2), close-on-exec. */
export function makePoll(): number {
  const EPOLL_CLOEXEC = 0o2000000;
  return check('epoll_create1', c.epoll_create1(EPOLL_CLOEXEC));
}

/** epoll_ctl(2): from now on until it is closed, `mark` (of 32 bits) is told while this descriptor is readable. */
export function addToPoll(poll: number, fd: number, mark: number): void {
  const EPOLL_CTL_ADD = 1;
  const event = Buffer.alloc(EVENT.size);
  event.writeUInt32LE(EPOLLIN, 0);
  event.writeUInt32LE(mark, EVENT.mark);
  check('epoll_ctl', c.epoll_ctl(poll, EPOLL_CTL_ADD, fd, event));
}

/**
 * Tells, in a turn of its own, the marks of some that have become readable, or that none has in `timeoutMs`; null where that could not be
 * waited for. Node waits for its threads as it ends, so that whoever waits long keeps it. `poll` must not be closed before.
 */
export function whenReadable(poll: number, timeoutMs: number, told: (marks: readonly number[] | null) => void): void {
  const events = Buffer.alloc(MOST_AT_ONCE * EVENT.size);
  c.epoll_wait([poll, events, MOST_AT_ONCE, timeoutMs], (count) => {
    const marks = Array.from({ length: Math.max(count, 0) }, (_, at) =>
      events.readUInt32LE(at * EVENT.size + EVENT.mark),
    );
    told(count < 0 ? null : marks);
  });
}

/** eventfd(2): a descriptor that is readable once it was woken, and stays so; close-on-exec. */
export function makeWaker(): number {
  const EFD_CLOEXEC = 0o2000000;
  return check('eventfd', c.eventfd(0, EFD_CLOEXEC));
}

/** Makes that readable, for good. */
export function wake(waker: number): void {
  // A number of 64 bits, which may be anything but 0.
  writeSync(waker, Buffer.alloc(8, 1));
}
