// Says why a terminal ended before its shell began, and offers the next step. A shell's own exit code is no news to anybody.
import { commands, l10n, window } from 'vscode';
import { EXIT } from '../../helper/protocol';
import { COMMANDS } from '../ids';
import { plain } from '../model/text';
import { allOf, type Chosen } from '../select/selection';

export interface Ended {
  readonly chosen: readonly Chosen[];
  readonly code: number | undefined;
  /** Its environment was left unread: the helper never began, so sudo had refused. */
  readonly refused: boolean;
}

/** `open` opens a terminal in other namespaces instead. */
export async function explainEnd(
  { chosen, code, refused }: Ended,
  open: (chosen: readonly Chosen[]) => Promise<unknown>,
): Promise<void> {
  const name = plain(chosen[0]?.container.name ?? '', 80);
  if (refused && code === 1) {
    await offer(
      l10n.t(
        'sudo did not let you in: the password was wrong, or your user may not use sudo. Without it, only containers of your own can be entered.',
      ),
      l10n.t('Try Again'),
      () => open(chosen),
    );
    return;
  }
  switch (code) {
    case EXIT.noShell.code:
      await offerOwnShell(chosen, name, open);
      return;
    case EXIT.noTarget.code:
    case EXIT.staleTarget.code:
    case EXIT.wrongNamespace.code:
      await offer(
        chosen[0]?.path === undefined
          ? l10n.t(
              '{0} has stopped or was restarted since the view was refreshed, so nothing was entered. Refresh, then open the terminal again.',
              name,
            )
          : l10n.t('{0} is not kept by that file any more, so nothing was entered.', name),
        l10n.t('Refresh'),
        () => commands.executeCommand(COMMANDS.refresh),
      );
      return;
    default:
      await explainFailure(code);
  }
}

/** All but the files, among which there is no shell; and no user namespace, in which one's own files would be nobody's. */
async function offerOwnShell(
  chosen: readonly Chosen[],
  name: string,
  open: (chosen: readonly Chosen[]) => Promise<unknown>,
): Promise<void> {
  const fits = ({ namespace: { type } }: Chosen): boolean => type !== 'mnt' && type !== 'user';
  const others = chosen.filter(fits);
  const files = chosen.find(({ namespace }) => namespace.type === 'mnt');
  // Where only the files were chosen, their container's other namespaces come next to them.
  const rest = others.length > 0 || !files ? others : allOf(files.container).filter(fits);
  const message = l10n.t('{0} has no shell in its filesystem.', name);
  if (rest.length === 0) {
    await window.showWarningMessage(message);
    return;
  }
  await offer(
    message,
    l10n.t('Open My Own Shell in Its {0}', rest.map(({ namespace }) => namespace.type).join(', ')),
    () => open(rest),
  );
}

/** The terminal closed with what the helper had said in it. */
async function explainFailure(code: number | undefined): Promise<void> {
  const cause = Object.values(EXIT).find((each) => each.code === code && each.code >= EXIT.badArguments.code);
  if (!cause) return;
  await offer(
    l10n.t('Nothing was entered: {0} (ns-helper, exit code {1}).', cause.meaning, cause.code),
    l10n.t('Diagnose'),
    () => commands.executeCommand(COMMANDS.diagnose),
  );
}

async function offer(message: string, button: string, action: () => PromiseLike<unknown>): Promise<void> {
  if ((await window.showWarningMessage(message, button)) === button) await action();
}
