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
  message: string;
  /** What follows the kernel's reason, which stands behind the message; null: it is left out. */
  advice: string | null;
}

const STEP_WORDS = 12;
/** Each of them has its length in its first byte. The code counts by this size. */
const REASON_SIZE = 64;
const LAST_ERRNO = 133; // EHWPOISON

function makeReasons(): Buffer {
  const all = getSystemErrorMap();
  const table = Buffer.alloc((LAST_ERRNO + 1) * REASON_SIZE);
  for (let errno = 1; errno <= LAST_ERRNO; errno++) {
    const length = table.write(all.get(-errno)?.[1] ?? `errno ${errno}`, errno * REASON_SIZE + 1, REASON_SIZE - 1);
    table.writeUInt8(length, errno * REASON_SIZE);
  }
  return table;
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
  const pieces: Buffer[] = [];
  const placed = new Map<Buffer | readonly Argument[], number>();
  let end = LIST_ADDRESS + steps.length * STEP_WORDS * wordSize;
  const place = (data: Buffer | readonly Argument[]): number => {
    const known = placed.get(data);
    if (known !== undefined) return known;
    const bytes = Buffer.isBuffer(data) ? data : words(data);
    const at = end;
    const padded = Buffer.concat([bytes], Math.ceil(Math.max(bytes.length, 1) / 8) * 8);
    pieces.push(padded);
    placed.set(data, at);
    end += padded.length;
    return at;
  };
  const addressOf = (step: Step): number => {
    const index = steps.indexOf(step);
    if (index < 0) throw new Error(`${step.call} is not in the list`);
    return LIST_ADDRESS + index * STEP_WORDS * wordSize;
  };
  const words = (values: readonly Argument[]): Buffer => {
    const bytes = Buffer.alloc(values.length * wordSize);
    values.forEach((value, index) => {
      const word = wordOf(value);
      if (wordSize === 8) bytes.writeBigInt64LE(BigInt(word), index * 8);
      else bytes.writeInt32LE(word | 0, index * 4);
    });
    return bytes;
  };
  const wordOf = (value: Argument): number => {
    if (typeof value === 'number') return value;
    return 'call' in value ? addressOf(value) + RESULT_WORD * wordSize : place(value);
  };
  const lineOf = lines();
  const encoded = steps.map(({ call, args, at, failure }) => {
    const six = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6);
    return words([
      ...[callNumber(call, processor), ...six, 0],
      ...(at ? [at.result, addressOf(at.step)] : [NO_RESULT, 0]),
      ...(failure ? [lineOf(failure), EXIT[failure.cause].code] : [0, 0]),
    ]);
  });
  return Buffer.concat([...encoded, ...pieces]);
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
    const [before, after] = [Buffer.from(`ns-helper: ${message}`), Buffer.from(`${advice ?? ''}\n`)];
    const line = [before, before.length, advice === null ? none : reasons, 0, after, after.length];
    made.set(failure, line);
    return line;
  };
}
