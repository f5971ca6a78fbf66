// Opens integrated terminals for plans, and says what happened where one ended before its shell began.
import { type Disposable, l10n, type Terminal, type TerminalOptions, window } from 'vscode';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { answerWith } from '../launch/answer';
import type { LaunchServer } from '../launch/launchServer';
import { plain } from '../model/text';
import { type EnterPlan, type Identity, planEntry, planNew } from '../plan/enterPlan';
import { whereOf } from '../plan/preview';
import type { Runtime } from '../plan/sudoCommand';
import type { Chosen } from '../select/selection';
import { colorOf, iconOf } from './looks';

export class Terminals implements Disposable {
  /** What was chosen, by the key that the terminal's launcher was given. */
  readonly #opened = new Map<string, readonly Chosen[]>();
  readonly #closing = window.onDidCloseTerminal((terminal) => {
    const key = keyOf(terminal);
    const chosen = key === undefined ? undefined : this.#opened.get(key);
    if (key === undefined || !chosen) return;
    this.#opened.delete(key);
    void this.launches.forget(key);
    void this.#explain(chosen, terminal.exitStatus?.code);
  });

  constructor(
    private readonly launches: Pick<LaunchServer, 'prepare' | 'socketPath' | 'forget'>,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
  ) {}

  async open(chosen: readonly Chosen[], as?: Identity): Promise<Terminal> {
    return show(await this.optionsFor(chosen, as));
  }

  async openNew(types: readonly NamespaceName[]): Promise<Terminal> {
    return show(await this.#options(planNew(types, this.runtime().uid), []));
  }

  /** For a terminal that VS Code itself opens; the options are for one terminal. */
  optionsFor(chosen: readonly Chosen[], as?: Identity): Promise<TerminalOptions> {
    return this.#options(planEntry(chosen, this.runtime().uid, [], as), chosen);
  }

  dispose(): void {
    this.#closing.dispose();
  }

  async #options(plan: EnterPlan, chosen: readonly Chosen[]): Promise<TerminalOptions> {
    const socketPath = await this.launches.socketPath();
    const { execPath, electron } = this.runtime();
    const key = this.launches.prepare((directory, envFile) =>
      Promise.resolve(answerWith(plan, this.runtime(), directory, envFile)),
    );
    this.#opened.set(key, chosen);
    return {
      name: plan.title,
      shellPath: execPath,
      shellArgs: [this.launcherPath, socketPath, '--key', key],
      iconPath: iconOf(plan, chosen),
      color: colorOf(chosen),
      env: electron ? { ELECTRON_RUN_AS_NODE: '1' } : {},
      message: chosen.length === 0 ? '' : l10n.t('In here: {0}. All else is yours.', whereOf(chosen)),
    };
  }

  async #explain(chosen: readonly Chosen[], code: number | undefined): Promise<void> {
    const name = plain(chosen[0]?.container.name ?? '', 80);
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

function show(options: TerminalOptions): Terminal {
  const terminal = window.createTerminal(options);
  terminal.show();
  return terminal;
}

/** The launcher's key among a terminal's arguments; a terminal from a profile is known by nothing else. */
function keyOf({ creationOptions }: Terminal): string | undefined {
  const args = 'shellArgs' in creationOptions ? creationOptions.shellArgs : undefined;
  return Array.isArray(args) ? args[args.indexOf('--key') + 1] : undefined;
}
