// A program that is spoken with in lines, from its start to its end. It ends with its standard input, so nothing has to be
// killed, and nothing could be where it runs as root.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { t } from '../l10n';

export interface ProcessCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** In a session of its own, without a terminal. */
  readonly detached?: boolean;
}

export interface ProcessEnd {
  /** Null where it could not be started or a signal ended it. */
  readonly code: number | null;
  /** What it said last on standard error, or why it could not be started; one line. */
  readonly said: string;
  /** There is no such program. */
  readonly missing: boolean;
}

/** In bytes. */
const LONGEST_LINE = 64 << 20;
const NEWLINE = 0x0a;
const MAX_SAID = 4096;

export class LineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #chunks: Buffer[] = [];
  #length = 0;
  #said = '';
  #ended = false;

  /** `onLines`: one or more whole lines, without the last one's end. `onEnd`: told when it ends by itself, or fails. */
  constructor(
    { command, args, env, detached = false }: ProcessCommand,
    private readonly onLines: (lines: Buffer) => void,
    private readonly onEnd: (end: ProcessEnd) => void,
  ) {
    this.#child = spawn(command, args, { env, detached, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => {
      this.#end({ code: null, said: error.message, missing: 'code' in error && error.code === 'ENOENT' });
    });
    this.#child.on('close', (code) => {
      this.#end({ code, said: lastLine(this.#said), missing: false });
    });
    // What went wrong shows in its end.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#said = (this.#said + chunk).slice(-MAX_SAID);
    });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  say(line: string): void {
    if (!this.#ended) this.#child.stdin.write(`${line}\n`);
  }

  /** Nothing is told any more, its end neither. */
  end(): void {
    this.#ended = true;
    this.#child.stdin.end();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  /** What it printed makes no sense. */
  fail(said: string): void {
    if (this.#ended) return;
    this.end();
    this.onEnd({ code: null, said, missing: false });
  }

  #read(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length > LONGEST_LINE) this.fail(t('it printed more than {0} MB', LONGEST_LINE >> 20));
      return;
    }
    const lines = Buffer.concat([...this.#chunks, chunk.subarray(0, end)]);
    this.#chunks = [chunk.subarray(end + 1)];
    this.#length = chunk.length - end - 1;
    this.onLines(lines);
  }

  #end(end: ProcessEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd(end);
  }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
