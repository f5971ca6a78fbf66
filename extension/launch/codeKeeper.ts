// Has the helper keep what V8 makes of its program (helper/keepCode.ts), which later terminals, tasks and scans start with: once, and only
// after the first one has begun. No vscode.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { codePaths, helperCommand, type Runtime } from '../shared/helperCommand';

/** The first one is still starting; this need not take a processor from it. */
const DELAY_MS = 3000;
const TIMEOUT_MS = 10_000;

export class CodeKeeper {
  #timer: NodeJS.Timeout | undefined;

  /** `note` is told where nothing can be kept, as in a folder that may not be written to: then each helper compiles for itself. */
  constructor(
    private readonly runtime: () => Runtime,
    private readonly note: (text: string) => void,
    private readonly delay = DELAY_MS,
  ) {}

  /** To be called whenever a helper is about to start. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#keep();
    }, this.delay);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #keep(): void {
    const runtime = this.runtime();
    if (codePaths(runtime).every((path) => existsSync(path))) return;
    const { command, args } = helperCommand(runtime, ['compile']);
    execFile(command, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, _, stderr) => {
      if (error) this.note(stderr.trim() || error.message);
    });
  }
}
