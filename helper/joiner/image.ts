// A joiner: a program made for one entry. It makes just the system calls of a list, one after the other, and so joins what no process with
// several threads can (setns(2)): runc and LXC have a piece of C for that. Here is its file, from the list. Pure.
import { getSystemErrorMap } from 'node:util';
import { EXIT, type ExitCause } from '../protocol';
import { type Call, callNumber } from './calls';
import { elfFile, LIST_ADDRESS, wordSizeOf } from './elf';
import { machineCode, type Processor } from './machineCode';

export interface Step {
  call: Call;
  args: readonly Argument[];
  /** At just this result, `step` follows, anywhere in the list. At an error, the kernel's result is the negative errno. */
  at?: { result: number; step: Step };
  /** What happens at an error; without it, the next step follows. */
  failure?: Failure;
}

/** A number; the address of bytes; of a table of such words; or of the result of another step. */
export type Argument = number | Buffer | readonly Argument[] | Step;

/** The joiner says one line and ends. */
export interface Failure {
  cause: ExitCause;
  /** Null: nothing is said. */
  message: string | null;
  /** What follows the kernel's reason, which stands behind the message; null: it is left out. */
  advice: string | null;
}

const STEP_WORDS = 12;
/** Each of them has its length in its first byte. The code counts by this size. */
const REASON_SIZE = 64;
const LAST_ERRNO = 133; // EHWPOISON

function makeReasons(): Buffer {
  const all = getSystemErrorMap();
  const records = Array.from({ length: LAST_ERRNO + 1 }, (_, errno) => {
    const reason = (all.get(-errno)?.[1] ?? `errno ${errno}`).slice(0, REASON_SIZE - 1);
    return String.fromCharCode(reason.length) + reason.padEnd(REASON_SIZE - 1, '\0');
  });
  return Buffer.from(records.join(''), 'latin1');
}

/** Bytes with the NUL that ends a string. */
export const text = (value: string | Buffer): Buffer => Buffer.concat([Buffer.from(value), Buffer.alloc(1)]);

/** A `char *const []`. */
export const strings = (values: readonly (string | Buffer)[]): Argument[] => [...values.map(text), 0];

/** The file of a joiner. */
export const joinerImage = (steps: readonly Step[], processor: Processor): Buffer =>
  elfFile(machineCode(processor), listBytes([...steps, PAST_THE_LAST], processor), processor);

const PAST_THE_LAST: Step = { call: 'exit_group', args: [EXIT.internal.code] };

/** The steps, and behind them all that they point to. */
function listBytes(steps: readonly Step[], processor: Processor): Buffer {
  const wordSize = wordSizeOf(processor);
  const placed = new Map<Buffer | readonly Argument[], { at: number; bytes: Buffer }>();
  let size = steps.length * STEP_WORDS * wordSize;
  const place = (data: Buffer | readonly Argument[]): number => {
    const known = placed.get(data);
    if (known !== undefined) return LIST_ADDRESS + known.at;
    const bytes = Buffer.isBuffer(data) ? data : wordBytes(data.map(wordOf), wordSize);
    const at = size;
    placed.set(data, { at, bytes });
    size += Math.ceil(Math.max(bytes.length, 1) / 8) * 8;
    return LIST_ADDRESS + at;
  };
  const addressOf = (step: Step): number => {
    const index = steps.indexOf(step);
    if (index < 0) throw new Error(`${step.call} is not in the list`);
    return LIST_ADDRESS + index * STEP_WORDS * wordSize;
  };
  const wordOf = (value: Argument): number => {
    if (typeof value === 'number') return value;
    return 'call' in value ? addressOf(value) + RESULT_WORD * wordSize : place(value);
  };
  const lineOf = lines();
  const words = new Array<number>(steps.length * STEP_WORDS).fill(0);
  steps.forEach(({ call, args, at, failure }, index) => {
    const first = index * STEP_WORDS;
    words[first] = callNumber(call, processor);
    args.forEach((value, position) => (words[first + 1 + position] = wordOf(value)));
    words[first + 8] = at ? at.result : NO_RESULT;
    words[first + 9] = at ? addressOf(at.step) : 0;
    words[first + 10] = failure ? place(lineOf(failure)) : 0;
    words[first + 11] = failure ? EXIT[failure.cause].code : 0;
  });
  const list = Buffer.alloc(size);
  wordBytes(words, wordSize).copy(list);
  for (const { at, bytes } of placed.values()) bytes.copy(list, at);
  return list;
}

/** By an array of numbers, which takes a tenth of the time that as many writes into a Buffer take. */
function wordBytes(words: readonly number[], wordSize: 4 | 8): Buffer {
  const halves = wordSize / 4;
  const table = new Int32Array(words.length * halves);
  words.forEach((word, index) => {
    table[index * halves] = word;
    if (halves === 2) table[index * halves + 1] = Math.floor(word / 2 ** 32);
  });
  return Buffer.from(table.buffer);
}

const RESULT_WORD = 7;
/** No call has it: neither an error nor what these calls return. */
const NO_RESULT = -0x7fffffff;

/** Three struct iovec for each; the code fills in the second one, from the table it points to. */
function lines(): (failure: Failure) => Argument[] {
  const reasons = makeReasons();
  const none = Buffer.alloc(reasons.length);
  const made = new Map<Failure, Argument[]>();
  return (failure) => {
    const known = made.get(failure);
    if (known) return known;
    const { message, advice } = failure;
    const [before, after] = [`ns-helper: ${message}`, `${advice ?? ''}\n`].map((part) =>
      Buffer.from(message === null ? '' : part),
    ) as [Buffer, Buffer];
    const line = [before, before.length, advice === null ? none : reasons, 0, after, after.length];
    made.set(failure, line);
    return line;
  };
}
