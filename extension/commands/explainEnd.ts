// Says why a terminal ended before its shell began, and offers the next step. A shell's own exit code is no news to anybody.
import { basename } from 'node:path';
import { commands, l10n, window } from 'vscode';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { COMMANDS } from '../ids';
import { plain } from '../model/text';
import type { Identity } from '../plan/enterPlan';
import { allOf, type Chosen } from '../select/selection';
import { inDisplayOrder } from '../shared/typeTexts';
import type { Ended, Terminals } from '../terminal/terminals';
import { describeStale, lookAnew } from './lookAnew';
import { mayOpen, type User } from './mayOpen';
import type { Targets } from './targets';

export class ExplainEnd {
  constructor(
    private readonly terminals: Pick<Terminals, 'open'>,
    private readonly targets: Pick<Targets, 'current'>,
    private readonly user: () => User,
    private readonly report: (error: unknown) => Promise<void>,
  ) {}

  async explain(ended: Ended): Promise<void> {
    try {
      await this.#explain(ended);
    } catch (error) {
      await this.report(error);
    }
  }

  async #explain({ chosen, as, code, refused, failure }: Ended): Promise<void> {
    if (failure !== null) {
      await window.showWarningMessage(l10n.t('Nothing was entered: {0}', failure));
      return;
    }
    if (refused && code === 1) {
      await offer(
        l10n.t(
          '{0} did not let you in: the password was wrong, or you are not allowed to use {0}. Without it, only your own containers can be entered.',
          basename(this.user().sudo),
        ),
        l10n.t('Try Again'),
        () => this.terminals.open(chosen, as),
      );
      return;
    }
    switch (code) {
      case EXIT.noShell.code:
        await this.#offerOwnShell(chosen);
        return;
      case EXIT.noTarget.code:
      case EXIT.staleTarget.code:
      case EXIT.wrongNamespace.code:
        await offer(describeStale(chosen), l10n.t('Open Again'), async () =>
          this.#openAsked(lookAnew(chosen, await this.targets.current()), as),
        );
        return;
      default:
        await explainFailure(code);
    }
  }

  /** All but the files, among which there is no shell; and no user namespace, in which one's own files would be nobody's. */
  async #offerOwnShell(chosen: readonly Chosen[]): Promise<void> {
    const fits = ({ namespace: { type } }: Chosen): boolean => type !== 'mnt' && type !== 'user';
    const others = chosen.filter(fits);
    const files = chosen.find(({ namespace }) => namespace.type === 'mnt');
    // Where only the files were chosen, their container's other namespaces come next to them.
    const rest = others.length > 0 || !files ? others : allOf(files.container).filter(fits);
    const message = l10n.t('{0} has no shell in its filesystem.', plain(files?.container.name ?? '', 80));
    if (rest.length === 0) {
      await window.showWarningMessage(message);
      return;
    }
    await offer(message, l10n.t('Open My Own Shell in {0}', typesIn(rest).join(', ')), () => this.#openAsked(rest));
  }

  async #openAsked(chosen: readonly Chosen[], as?: Identity): Promise<void> {
    if (await mayOpen(chosen, this.user(), as)) await this.terminals.open(chosen, as);
  }
}

function typesIn(chosen: readonly Chosen[]): NamespaceName[] {
  return inDisplayOrder(
    chosen.map(({ namespace }) => namespace.type),
    (type) => type,
  );
}

/** The terminal closed with what the helper had said in it. */
async function explainFailure(code: number | undefined): Promise<void> {
  const cause = Object.values(EXIT).find((each) => each.code === code && each.code >= EXIT.badArguments.code);
  if (!cause) return;
  await offer(
    l10n.t('Nothing was entered: {0} (ns-helper, exit code {1}).', l10n.t(cause.meaning), cause.code),
    l10n.t('Diagnose'),
    () => commands.executeCommand(COMMANDS.diagnose),
  );
}

async function offer(message: string, button: string, action: () => PromiseLike<unknown>): Promise<void> {
  if ((await window.showWarningMessage(message, button)) === button) await action();
}
