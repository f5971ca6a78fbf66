// One `ns-helper scan --watch`, from its start to its end: its documents as they come, checked. It ends with its standard
// input, so nothing has to be killed, and nothing could be where it runs as root.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, on } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import { inSlices } from '../shared/slices';
import { ScanReader } from './scanReader';

export interface WatchCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** In a session of its own, without a terminal. */
  readonly detached?: boolean;
}

export interface WatchEnd {
  /** Null where it could not be started or a signal ended it. */
  readonly code: number | null;
  /** What it said last on standard error, or why it could not be started; one line. */
  readonly said: string;
  /** There is no such program. */
  readonly missing: boolean;
}

const LOOK_TIMEOUT_MS = 10_000;
/** In bytes. */
const LONGEST_LINE = 64 << 20;
const NEWLINE = 0x0a;
const MAX_SAID = 4096;

export class WatchProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** `document` with each, `error` when no more can come. */
  readonly #events = new EventEmitter();
  readonly #reader = new ScanReader();
  #chunks: Buffer[] = [];
  #length = 0;
  #waiting: Buffer | null = null;
  #reading = false;
  /** How often a look was asked for. */
  #looks = 0;
  #latest: { readonly line: Buffer; readonly document: ScanDocument } | null = null;
  #said = '';
  #ended = false;

  constructor(
    { command, args, env, detached = false }: WatchCommand,
    private readonly onDocument: (document: ScanDocument) => void,
    private readonly onEnd: (end: WatchEnd) => void,
  ) {
    // Often nobody waits for either.
    this.#events.on('error', () => undefined);
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

  /** Everything read anew, later than the call. Rejects with a message of one line. */
  async look(): Promise<ScanDocument> {
    if (this.#ended) throw new Error(t('The scan of /proc has ended'));
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    const documents = on(this.#events, 'document', { signal }) as AsyncIterable<[ScanDocument]>;
    const look = ++this.#looks;
    this.#say('look');
    try {
      for await (const [document] of documents) {
        // What was on its way may be older than what made somebody ask.
        if ((document.looks ?? 0) >= look) return document;
      }
      throw new Error(t('The scan of /proc was stopped'));
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(t('The scan of /proc failed: {0}', t('no answer within {0} s', LOOK_TIMEOUT_MS / 1000)), {
        cause: error,
      });
    }
  }

  pause(): void {
    this.#say('pause');
  }

  resume(): void {
    this.#say('resume');
  }

  /** Nothing is told any more, its end neither. */
  end(): void {
    this.#ended = true;
    this.#child.stdin.end();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    this.#events.emit('error', new Error(t('The scan of /proc was stopped')));
  }

  #say(command: string): void {
    if (!this.#ended) this.#child.stdin.write(`${command}\n`);
  }

  #read(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length > LONGEST_LINE) this.#fail(t('it printed more than {0} MB', LONGEST_LINE >> 20));
      return;
    }
    const text = Buffer.concat([...this.#chunks, chunk.subarray(0, end)]);
    this.#chunks = [chunk.subarray(end + 1)];
    this.#length = chunk.length - end - 1;
    // Where several came at once only the newest counts.
    this.#take(text.subarray(text.lastIndexOf(NEWLINE) + 1));
  }

  /** One after the other; of those that wait only the newest counts. */
  #take(line: Buffer): void {
    this.#waiting = line;
    if (this.#reading) return;
    this.#reading = true;
    this.#readWaiting().then(
      () => {
        this.#reading = false;
      },
      (error: unknown) => {
        this.#fail(messageOf(error));
      },
    );
  }

  async #readWaiting(): Promise<void> {
    for (let line = this.#waiting; line !== null; line = this.#waiting) {
      this.#waiting = null;
      // The answer to a look is often what is known.
      if (!this.#latest?.line.equals(line)) this.#latest = { line, document: await inSlices(this.#reader.read(line)) };
      if (this.#ended) return;
      this.#events.emit('document', this.#latest.document);
      this.onDocument(this.#latest.document);
    }
  }

  #fail(said: string): void {
    if (this.#ended) return;
    this.end();
    this.onEnd({ code: null, said, missing: false });
  }

  #end(end: WatchEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.emit('error', new Error(t('The scan of /proc failed: {0}', end.said)));
    this.onEnd(end);
  }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
