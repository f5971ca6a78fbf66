// Opens integrated terminals for plans, and says what happened where one ended before its shell began.
import { l10n, ThemeColor, ThemeIcon, type Terminal, window, type Disposable } from 'vscode';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import type { LaunchServer } from '../launch/launchServer';
import { answerWith } from '../launch/answer';
import { type EnterPlan, planEntry, planNew } from '../plan/enterPlan';
import type { Runtime } from '../plan/sudoCommand';
import type { Chosen } from '../select/selection';

interface Opened {
  key: string;
  chosen: readonly Chosen[];
}

export class Terminals implements Disposable {
  readonly #opened = new Map<Terminal, Opened>();
  readonly #closing = window.onDidCloseTerminal((terminal) => {
    const opened = this.#opened.get(terminal);
    if (!opened) return;
    this.#opened.delete(terminal);
    void this.launches.forget(opened.key);
    void this.#explain(opened, terminal.exitStatus?.code);
  });

  constructor(
    private readonly launches: LaunchServer,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
  ) {}

  open(chosen: readonly Chosen[]): Promise<Terminal> {
    return this.#openPlan(planEntry(chosen, this.runtime().uid), chosen);
  }

  openNew(types: readonly NamespaceName[]): Promise<Terminal> {
    return this.#openPlan(planNew(types, this.runtime().uid), []);
  }

  async #openPlan(plan: EnterPlan, chosen: readonly Chosen[]): Promise<Terminal> {
    const key = this.launches.prepare((directory, envFile) =>
      Promise.resolve(answerWith(plan, this.runtime(), directory, envFile)),
    );
    const socketPath = await this.launches.socketPath();
    const { execPath, electron } = this.runtime();
    const terminal = window.createTerminal({
      name: plan.title,
      shellPath: execPath,
      shellArgs: [this.launcherPath, socketPath, '--key', key],
      iconPath: new ThemeIcon(plan.keepEnvironment ? 'globe' : 'vm'),
      color: new ThemeColor(plan.keepEnvironment ? 'terminal.ansiGreen' : 'terminal.ansiBlue'),
      env: electron ? { ELECTRON_RUN_AS_NODE: '1' } : {},
    });
    this.#opened.set(terminal, { key, chosen });
    terminal.show();
    return terminal;
  }

  dispose(): void {
    this.#closing.dispose();
  }

  async #explain({ chosen }: Opened, code: number | undefined): Promise<void> {
    const name = chosen[0]?.container.name ?? '';
    switch (code) {
      case EXIT.noShell.code: {
        const rest = chosen.filter(({ namespace }) => namespace.type !== 'mnt' && namespace.type !== 'user');
        const message = l10n.t('{0} has no shell in its filesystem.', name);
        const instead = l10n.t('Open My Own Shell in Its {0}', rest.map(({ namespace }) => namespace.type).join(', '));
        if (rest.length > 0 && (await window.showWarningMessage(message, instead)) === instead) await this.open(rest);
        return;
      }
      case EXIT.noTarget.code:
      case EXIT.staleTarget.code:
      case EXIT.wrongNamespace.code:
        await window.showWarningMessage(
          l10n.t(
            '{0} has stopped or was restarted since the view was refreshed, so nothing was entered. Refresh, then open the terminal again.',
            name,
          ),
        );
        return;
      default:
        // The shell's own exit code, or what VS Code itself reports.
        return;
    }
  }
}
