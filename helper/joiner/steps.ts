// What lists of steps are made of, whatever they are for: lines, ends, comparisons, and the files of a process's own. Pure.
import type { ExitCause } from '../protocol';
import { type Failure, type Step, text } from './image';

/** The kernel's reason stands between `message` and `advice`. */
export const failure = (cause: ExitCause, message: string, advice = ''): Failure => ({ cause, message, advice });

export function firstOf(steps: readonly Step[]): Step {
  const [first] = steps;
  if (!first) throw new Error('no step is left');
  return first;
}

/** Ends the joiner. */
export const end = (code: number): Step => ({ call: 'exit_group', args: [code] });

/** `step` follows where the two are the same, else the next one. */
export const isSame = (wanted: Buffer, found: Buffer, step: Step): Step => ({
  call: 'same',
  args: [wanted, found, wanted.length],
  at: { result: 0, step },
});

const NOTHING = Buffer.alloc(1);
/** A step that is always followed by another one. */
export const goTo = (step: Step): Step => isSame(NOTHING, NOTHING, step);

/** A step to go on at. */
export const nothing = (): Step => ({ call: 'same', args: [NOTHING, NOTHING, NOTHING.length] });

/** Done by a child, clone(2); the next step follows when that one is over, however it ended. Where there can be none, `lost` is said. */
export function apart(steps: readonly Step[], lost: string | null): Step[] {
  // It tells nobody of its end, and so is not mistaken for a child that this process had before it became a joiner.
  const [NO_SIGNAL, ANY_CHILD, WCLONE] = [0, -1, 0x80000000];
  const [ECHILD, begin, over, noChild] = [10, nothing(), nothing(), nothing()];
  return [
    { call: 'clone', args: [NO_SIGNAL], at: { result: 0, step: begin } },
    { call: 'wait4', args: [ANY_CHILD, 0, WCLONE], at: { result: -ECHILD, step: noChild } },
    goTo(over),
    noChild,
    ...(lost === null ? [] : [say(lost)]),
    goTo(over),
    begin,
    ...steps,
    end(0),
    over,
  ];
}

/** Writes to standard error, as it is. */
export const say = (line: string): Step => {
  const bytes = Buffer.from(line);
  return { call: 'write', args: [2, bytes, bytes.length] };
};

/** Says why, and ends. */
export const fail = (cause: ExitCause, message: string): Step => ({
  call: 'same',
  args: [NOTHING, Buffer.alloc(1, 1), 1],
  failure: { cause, message, advice: null },
});

/**
 * Writes into a file of the joiner's own below `procFd`, which is the host's /proc. `free` is the lowest descriptor that is not open: it
 * will be that of the file. Without a `failure`, the joiner goes on where that cannot be done.
 */
export function writeOwn(
  path: string,
  content: string,
  procFd: number,
  free: number,
  failure?: Failure,
): [open: Step, write: Step, close: Step] {
  const O_WRONLY = 1;
  const bytes = Buffer.from(content);
  const ends = failure === undefined ? {} : { failure };
  return [
    { call: 'openat', args: [procFd, text(`self/${path}`), O_WRONLY], ...ends },
    { call: 'write', args: [free, bytes, bytes.length], ...ends },
    { call: 'close', args: [free] },
  ];
}
