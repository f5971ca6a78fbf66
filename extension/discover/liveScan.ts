// The scan, followed: as the user, and as root while it is unlocked. Started again, after a pause, where it ends by itself.
// Root's document takes the place of the user's: the same scanner, only that it may read more.
import type { ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import type { ProcessCommand, ProcessEnd } from './lineProcess';
import { UnlockError } from './unlockError';
import { WatchProcess } from './watchProcess';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class LiveScan {
  #latest: ScanDocument | null = null;
  #note: string | null = null;
  #following = false;
  #user: WatchProcess | null = null;
  #root: WatchProcess | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: NodeJS.Timeout | null = null;

  constructor(
    private readonly userCommand: () => ProcessCommand,
    /** One look without following, as the user. */
    private readonly lookOnce: () => Promise<ScanDocument>,
    private readonly onChange: () => void,
  ) {}

  /** Null where it has not been looked yet, or could not be. */
  get latest(): ScanDocument | null {
    return this.#latest;
  }

  /** What went wrong last, in one line; null where nothing did. */
  get note(): string | null {
    return this.#note;
  }

  /** Root's document is the one that is shown. */
  get unlocked(): boolean {
    return this.#root !== null;
  }

  /** Root has read what is the latest, unlocked or because this is root's editor. */
  get isRoots(): boolean {
    return this.unlocked || process.getuid?.() === 0;
  }

  start(): void {
    this.#following = true;
    this.#root?.resume();
    this.#startUser();
  }

  /** No timer stays and nothing looks. Root's process only waits, because starting it may take a password again. */
  stop(): void {
    this.#following = false;
    this.#root?.pause();
    this.#endUser();
  }

  /** Looks now; never rejects. */
  async refresh(): Promise<void> {
    try {
      this.#take(await ((this.#root ?? this.#user)?.look() ?? this.lookOnce()));
    } catch (error) {
      // What was seen last stays: on a busy machine a late answer must not close a person's rows and forget their selection.
      this.#note = messageOf(error);
    }
  }

  /** `onEnd` is told when it ends by itself; not after lock(). Resolves with the first document, rejects where none came. */
  unlock(command: ProcessCommand, onEnd: (end: ProcessEnd) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const root = new WatchProcess(
        command,
        (document) => {
          if (this.#root !== root) {
            this.lock();
            this.#endUser();
            this.#root = root;
            if (!this.#following) root.pause();
            resolve();
          }
          this.#tell(document);
        },
        (end) => {
          reject(new UnlockError(end));
          if (this.#root !== root) return;
          this.lock();
          onEnd(end);
        },
      );
    });
  }

  /** Back to what the user may see. */
  lock(): void {
    if (!this.#root) return;
    this.#root.end();
    this.#root = null;
    this.#startUser();
  }

  #startUser(): void {
    if (!this.#following || this.#root || this.#user) return;
    const user = new WatchProcess(
      this.userCommand(),
      (document) => {
        this.#pauseMs = FIRST_PAUSE_MS;
        this.#tell(document);
      },
      ({ said, code }) => {
        this.#user = null;
        this.#failed(t('The scan of /proc failed: {0}', said || t('exit code {0}', String(code))));
        this.#retry = setTimeout(() => {
          this.#startUser();
        }, this.#pauseMs);
        this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
        this.onChange();
      },
    );
    this.#user = user;
  }

  #endUser(): void {
    this.#user?.end();
    this.#user = null;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #tell(document: ScanDocument): void {
    this.#take(document);
    this.onChange();
  }

  #take(document: ScanDocument): void {
    this.#latest = document;
    this.#note = null;
  }

  #failed(note: string): void {
    this.#latest = null;
    this.#note = note;
  }
}
