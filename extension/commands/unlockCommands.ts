// "Unlock" and "Lock": the scan as root, and back. Asks for the password where sudo wants one; it is neither stored nor logged.
import { CancellationTokenSource, commands, l10n, type LogOutputChannel, window } from 'vscode';
import type { Discovery } from '../discover/discovery';
import type { Inventory } from '../discover/inventory';
import { type AskPassword, unlock, type UnlockOptions } from '../discover/unlock';
import { CONTEXT_KEYS, VIEWS } from '../ids';
import { plain } from '../model/text';
import { UserError } from '../model/userError';

const LONGEST_PROMPT = 200;

export class UnlockCommands {
  #underWay: Promise<boolean> | null = null;

  constructor(
    private readonly scan: Discovery,
    private readonly inventory: Inventory,
    private readonly options: () => UnlockOptions,
    private readonly log: Pick<LogOutputChannel, 'warn'>,
  ) {}

  /** Whether it is unlocked now. Calls that come while a password is asked for share it. */
  unlock(): Promise<boolean> {
    this.#underWay ??= this.#unlock().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  async lock(): Promise<void> {
    this.scan.lock();
    await this.#tell(false);
    await this.inventory.refresh();
  }

  async #unlock(): Promise<boolean> {
    const options = this.options();
    if (options.runtime.uid === 0) throw new UserError(l10n.t('You are root: nothing is locked.'));
    if (this.scan.unlocked) return true;
    const unlocked = await window.withProgress({ location: { viewId: VIEWS.containers } }, () =>
      unlock(this.scan, options, askPassword, ({ code, said }) => {
        this.log.warn(`the scan as root ended: ${plain(said, 300) || `exit code ${String(code)}`}`);
        void this.#tell(false);
      }),
    );
    if (!unlocked) return false;
    await this.#tell(true);
    await this.inventory.refresh();
    return true;
  }

  async #tell(unlocked: boolean): Promise<void> {
    await commands.executeCommand('setContext', CONTEXT_KEYS.unlocked, unlocked);
  }
}

const askPassword: AskPassword = async (prompt, again, signal) => {
  const gone = new CancellationTokenSource();
  signal.addEventListener('abort', () => {
    gone.cancel();
  });
  const asked = plain(prompt, LONGEST_PROMPT);
  const title = l10n.t('Unlock: see what only root may see');
  try {
    return await window.showInputBox(
      {
        title,
        prompt: again ? l10n.t('Sorry, try again. {0}', asked) : asked,
        password: true,
        ignoreFocusOut: true,
      },
      gone.token,
    );
  } finally {
    gone.dispose();
  }
};
