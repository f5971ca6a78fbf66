// Opens integrated terminals for plans, and tells how each ended.
import { type Disposable, l10n, type Terminal, type TerminalOptions, window } from 'vscode';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { answerWith } from '../launch/answer';
import type { LaunchServer } from '../launch/launchServer';
import { type EnterPlan, type Identity, planEntry, planNew } from '../plan/enterPlan';
import { whereOf } from '../plan/preview';
import type { Chosen } from '../select/selection';
import type { Runtime } from '../shared/helperCommand';
import { colorOf, iconOf } from './looks';
import { integratedShell } from './shellIntegration';
import { withoutMarkdown } from './tabText';

/** What was chosen, and as whom it was entered; undefined: as is usual for it. */
interface Entered {
  readonly chosen: readonly Chosen[];
  readonly as: Identity | undefined;
}

export interface Ended extends Entered {
  readonly code: number | undefined;
  /** Its environment was left unread: the helper never began, so sudo had refused. */
  readonly refused: boolean;
  /** Why its launcher got no command line; null where it got one. */
  readonly failure: string | null;
}

export class Terminals implements Disposable {
  /** By the key that the terminal's launcher was given. */
  readonly #opened = new Map<string, Entered>();
  readonly #closing = window.onDidCloseTerminal((terminal) => {
    const key = keyOf(terminal);
    const entered = key === undefined ? undefined : this.#opened.get(key);
    if (key === undefined || !entered) return;
    this.#opened.delete(key);
    void this.#ended(key, entered, terminal.exitStatus?.code);
  });

  constructor(
    private readonly launches: Pick<LaunchServer, 'prepare' | 'launcherArguments' | 'forget' | 'failureOf'>,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
    /** A place of our own for start-up files of shells; it need not be there. */
    private readonly shellFolder: string,
    private readonly explain: (ended: Ended) => Promise<void>,
  ) {}

  async open(chosen: readonly Chosen[], as?: Identity): Promise<Terminal> {
    return show(await this.optionsFor(chosen, as));
  }

  async openNew(types: readonly NamespaceName[]): Promise<Terminal> {
    return show(await this.#options(planNew(types, this.runtime().uid), { chosen: [], as: undefined }));
  }

  /** For a terminal that VS Code itself opens; the options are for one terminal. */
  optionsFor(chosen: readonly Chosen[], as?: Identity): Promise<TerminalOptions> {
    return this.#options(planEntry(chosen, this.runtime().uid, [], as), { chosen, as });
  }

  dispose(): void {
    this.#closing.dispose();
  }

  async #options(plan: EnterPlan, entered: Entered): Promise<TerminalOptions> {
    const { chosen } = entered;
    const asked = await this.launches.launcherArguments();
    const { execPath, electron } = this.runtime();
    const shell = ownShell(plan) ? await integratedShell(this.shellFolder) : { command: plan.command, environment: {} };
    const key = this.launches.prepare((directory, envFile) =>
      Promise.resolve(answerWith({ ...plan, command: shell.command }, this.runtime(), directory, envFile)),
    );
    this.#opened.set(key, entered);
    const where = whereOf(chosen);
    return {
      name: withoutMarkdown(plan.title),
      shellPath: execPath,
      // Read by people alone: a tab's tooltip has the name and the command line, and takes nothing else of an extension's.
      shellArgs: [this.launcherPath, ...asked, '--key', key, '--in', withoutMarkdown(where || plan.title)],
      iconPath: iconOf(plan, chosen),
      color: colorOf(chosen),
      env: { ...shell.environment, ...(electron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) },
      message: where === '' ? '' : l10n.t('Entered: {0}. Everything else is yours.', where),
    };
  }

  async #ended(key: string, entered: Entered, code: number | undefined): Promise<void> {
    const failure = this.launches.failureOf(key);
    const refused = await this.launches.forget(key);
    await this.explain({ ...entered, code, refused, failure });
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
