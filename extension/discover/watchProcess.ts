// One `ns-helper scan --watch`: its documents as they come, checked.
import { EventEmitter, on } from 'node:events';
import type { ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import { LineProcess, type ProcessCommand, type ProcessEnd } from './lineProcess';
import { ScanReader } from './scanReader';

const LOOK_TIMEOUT_MS = 10_000;
const NEWLINE = 0x0a;

export class WatchProcess {
  readonly #process: LineProcess;
  /** `document` with each, `error` when no more can come. */
  readonly #events = new EventEmitter();
  readonly #reader = new ScanReader();
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

  #take(line: Buffer): void {
    let document: ScanDocument;
    try {
      document = this.#read(line);
    } catch (error) {
      this.#process.fail(messageOf(error));
      return;
    }
    this.#events.emit('document', document);
    this.onDocument(document);
  }

  /** The answer to a look is often what is known. */
  #read(line: Buffer): ScanDocument {
    if (!this.#latest?.line.equals(line)) this.#latest = { line, document: this.#reader.read(line) };
    return this.#latest.document;
  }
}
