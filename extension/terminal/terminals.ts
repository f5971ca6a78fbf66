// Opens integrated terminals for plans, and says what happened where one ended before its shell began.
import { type Disposable, l10n, type Terminal, type TerminalOptions, window } from 'vscode';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { answerWith } from '../launch/answer';
import type { LaunchServer } from '../launch/launchServer';
import { type EnterPlan, type Identity, planEntry, planNew } from '../plan/enterPlan';
import { whereOf } from '../plan/preview';
import type { Chosen } from '../select/selection';
import type { Runtime } from '../shared/helperCommand';
import { explainEnd } from './explainEnd';
import { colorOf, iconOf } from './looks';
import { integratedShell } from './shellIntegration';
import { withoutMarkdown } from './tabText';

export class Terminals implements Disposable {
  /** What was chosen, by the key that the terminal's launcher was given. */
  readonly #opened = new Map<string, readonly Chosen[]>();
  readonly #closing = window.onDidCloseTerminal((terminal) => {
    const key = keyOf(terminal);
    const chosen = key === undefined ? undefined : this.#opened.get(key);
    if (key === undefined || !chosen) return;
    this.#opened.delete(key);
    void this.#ended(key, chosen, terminal.exitStatus?.code);
  });

  constructor(
    private readonly launches: Pick<LaunchServer, 'prepare' | 'launcherArguments' | 'forget' | 'failureOf'>,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
    /** A place of our own for start-up files of shells; it need not be there. */
    private readonly shellFolder: string,
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
    const asked = await this.launches.launcherArguments();
    const { execPath, electron } = this.runtime();
    const shell = ownShell(plan) ? await integratedShell(this.shellFolder) : { command: plan.command, environment: {} };
    const key = this.launches.prepare((directory, envFile) =>
      Promise.resolve(answerWith({ ...plan, command: shell.command }, this.runtime(), directory, envFile)),
    );
    this.#opened.set(key, chosen);
    const where = whereOf(chosen);
    return {
      name: withoutMarkdown(plan.title),
      shellPath: execPath,
      // Read by people alone: a tab's tooltip has the name and the command line, and takes nothing else of an extension's.
      shellArgs: [this.launcherPath, ...asked, '--key', key, '--in', withoutMarkdown(where || plan.title)],
      iconPath: iconOf(plan, chosen),
      color: colorOf(chosen),
      env: { ...shell.environment, ...(electron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) },
      message: where === '' ? '' : l10n.t('In here: {0}. All else is yours.', where),
    };
  }

  async #ended(key: string, chosen: readonly Chosen[], code: number | undefined): Promise<void> {
    const failure = this.launches.failureOf(key);
    const refused = await this.launches.forget(key);
    if (failure !== null) {
      await window.showWarningMessage(l10n.t('Nothing was entered: {0}', failure));
      return;
    }
    await explainEnd({ chosen, code, refused }, (instead) => this.open(instead));
  }
}

/** Whether it is the user's own shell, with their start-up files: not another identity's, nor one in a container's files. */
const ownShell = ({ as, command, keepEnvironment }: EnterPlan): boolean =>
  as === 'me' && keepEnvironment && command.length === 0;

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
