// One `ns-helper scan --watch`: its documents as they come, checked.
import { EventEmitter, on } from 'node:events';
import type { ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import { inSlices } from '../shared/slices';
import { LineProcess, type ProcessCommand, type ProcessEnd } from './lineProcess';
import { ScanReader } from './scanReader';

const LOOK_TIMEOUT_MS = 10_000;
const NEWLINE = 0x0a;

export class WatchProcess {
  readonly #process: LineProcess;
  /** `document` with each, `error` when no more can come. */
  readonly #events = new EventEmitter();
  readonly #reader = new ScanReader();
  #waiting: Buffer | null = null;
  #reading = false;
  /** How often a look was asked for. */
  #looks = 0;
  #latest: { readonly line: Buffer; readonly document: ScanDocument } | null = null;

  constructor(
    command: ProcessCommand,
    private readonly onDocument: (document: ScanDocument) => void,
    onEnd: (end: ProcessEnd) => void,
  ) {
    // Often nobody waits for either.
    this.#events.on('error', () => undefined);
    this.#process = new LineProcess(
      command,
      (lines) => {
        // Where several came at once only the newest counts.
        this.#take(lines.subarray(lines.lastIndexOf(NEWLINE) + 1));
      },
      (end) => {
        this.#events.emit('error', new Error(t('The scan of /proc failed: {0}', end.said)));
        onEnd(end);
      },
    );
  }

  /** Everything read anew, later than the call. Rejects with a message of one line. */
  async look(): Promise<ScanDocument> {
    if (this.#process.ended) throw new Error(t('The scan of /proc has ended'));
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    const documents = on(this.#events, 'document', { signal }) as AsyncIterable<[ScanDocument]>;
    const look = ++this.#looks;
    this.#process.say('look');
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
    this.#process.say('pause');
  }

  resume(): void {
    this.#process.say('resume');
  }

  /** Nothing is told any more, its end neither. */
  end(): void {
    this.#process.end();
    this.#events.emit('error', new Error(t('The scan of /proc was stopped')));
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
        this.#process.fail(messageOf(error));
      },
    );
  }

  async #readWaiting(): Promise<void> {
    for (let line = this.#waiting; line !== null; line = this.#waiting) {
      this.#waiting = null;
      // The answer to a look is often what is known.
      if (!this.#latest?.line.equals(line)) this.#latest = { line, document: await inSlices(this.#reader.read(line)) };
      if (this.#process.ended) return;
      this.#events.emit('document', this.#latest.document);
      this.onDocument(this.#latest.document);
    }
  }
}
