// Changing the world while `enter` is under way: at a step that the test names (see test/support/stopBefore.cjs) or at any
// moment; and then telling what came of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, signal, waitFor } from '../support/run';
import { commOf, descendantsOf, HELPER, NODE } from './support';

/** A call of the helper's, counted from its start. */
export interface Step {
  /** Which helper: the first one, or itself once it has started anew. */
  verb: 'enter' | 'restarted';
  number: number;
  /** For people: `setns(22, 1073741824)`. */
  call: string;
}

export interface Outcome<T> {
  /** What was seen of the command; null where it did not run, or was gone before it could be looked at. */
  seen: T | null;
  code: number | null;
  signal: string | null;
  /** What the helper said. */
  stderr: string;
}

/** Many of them at once take their time; a condition is what is waited for. */
const PATIENCE_MS = 60_000;
const STEP_LINE = /^step (\d+): (.*)\n/gm;

export class SteppedHelper {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lns-steps-'));
  readonly #preload = join(this.#folder, 'stopBefore.cjs');

  constructor() {
    // Where root of a user namespace can reach it too.
    chmodSync(this.#folder, 0o755);
    cpSync('test/support/stopBefore.cjs', this.#preload);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** The command line of `enter ARGS -- cat`, below `prefix`, stopped before a step or naming all of them. */
  argv(args: readonly string[], step: Pick<Step, 'verb' | 'number'> | null, prefix: readonly string[] = []): string[] {
    const stop = step ? [`--require=${this.#preload}`, `--conditions=stop:${step.verb}:${step.number}`] : [];
    return [...prefix, NODE, ...stop, '--', HELPER, 'enter', ...args, '--', 'cat'];
  }

  /** The same, where a function of the C library does nothing in one of the helpers and says that it succeeded. */
  liesAbout(name: string, verb: Step['verb'], args: readonly string[]): string[] {
    return [NODE, `--require=${this.#preload}`, `--conditions=stop:${verb}:${name}`, '--', HELPER, 'enter', ...args];
  }

  /** Of a row of calls of the same function only the first. */
  async steps(...args: Parameters<SteppedHelper['calls']>): Promise<Step[]> {
    const calls = await this.calls(...args);
    const name = (step: Step | undefined): string | undefined => step?.call.split('(')[0];
    return calls.filter((step, index) => name(step) !== name(calls[index - 1]));
  }

  /** Each step of one helper from the opening of the target to the start of the command, or of what takes the helper's place. */
  async calls(args: readonly string[], verb: Step['verb'], prefix: readonly string[] = []): Promise<Step[]> {
    const calls = await this.everyStep(args, verb, prefix);
    const last = calls.findIndex(({ call }) => /^(?:execve|posix_spawn)\(/.test(call));
    // pidfd_open(2) has the number 434 everywhere.
    const first = calls.findIndex(({ call }) => call.startsWith('syscall(434,'));
    if (first < 0 || last < 0) throw new Error(`no whole way in: ${calls.map(({ call }) => call).join('\n')}`);
    return calls.slice(first, last + 1);
  }

  /** Each step of one helper to its end. */
  async everyStep(args: readonly string[], verb: Step['verb'], prefix: readonly string[] = []): Promise<Step[]> {
    const argv = this.argv(args, { verb, number: 0 }, prefix);
    const { said } = await attempt(argv, { stops: false, act: () => Promise.resolve(), look: () => true });
    return [...said.matchAll(STEP_LINE)].map(([, number, call = '']) => ({ verb, number: Number(number), call }));
  }
}

export interface AttemptOptions<T> {
  /** Whether what is started stops at a step; `act` is called then, and else at once. */
  stops: boolean;
  act: (started: number) => Promise<void>;
  /** Looks at the command, a cat, from outside. */
  look: (cat: number) => T | Promise<T>;
}

/** Runs a command line that ends in `cat`, to its end; fails where something of it stays. */
export async function attempt<T>(
  argv: readonly string[],
  { stops, act, look }: AttemptOptions<T>,
): Promise<Outcome<T> & { said: string }> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const started = child.pid ?? 0;
  const heard = { answer: '', said: '', closed: false };
  child.stdout.on('data', (data: Buffer) => (heard.answer += data.toString()));
  child.stderr.on('data', (data: Buffer) => (heard.said += data.toString()));
  // One that has ended takes no input.
  child.stdin.on('error', () => undefined);
  child.stdin.write('x');
  // Only then has everybody who was started, and so got these descriptors, let go of them.
  const close = once(child, 'close').then(() => (heard.closed = true));
  try {
    if (stops) await waitFor(`${argv.join(' ')} to stop`, () => stateOf(started) === 'T' || heard.closed, PATIENCE_MS);
    await act(started);
    if (stops) signal(started, 'SIGCONT');
    await waitFor(`${argv.join(' ')} to answer or to end`, () => heard.answer !== '' || heard.closed, PATIENCE_MS);
    const cat = heard.closed ? undefined : [started, ...descendantsOf(started)].find(isCat);
    const seen = cat === undefined ? null : await ifRunning(cat, look);
    child.stdin.end();
    await waitFor(`all that ${argv.join(' ')} started to end`, () => heard.closed, PATIENCE_MS);
    const stderr = heard.said.replace(STEP_LINE, '');
    return { seen, code: child.exitCode, signal: child.signalCode, stderr, said: heard.said };
  } finally {
    if (!heard.closed) for (const pid of [...descendantsOf(started), started]) signal(pid, 'SIGKILL');
    await close;
  }
}

/** One letter, such as `T` for stopped or `Z` for a zombie; the name before it may hold anything (proc_pid_stat(5)). */
function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}

const isCat = (pid: number): boolean => commOf(pid) === 'cat';

/** While it is ending, it has no namespaces any more. */
async function ifRunning<T>(pid: number, look: (pid: number) => T | Promise<T>): Promise<T | null> {
  try {
    return await look(pid);
  } catch (error) {
    await waitFor(`${pid} to end: ${String(error)}`, () => !isRunning(pid));
    return null;
  }
}

/** Does `action` for each item, `atOnce` of them at a time. */
export async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const work = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
