// A failure becomes one message for the person and its whole story in the log.
import { l10n, type LogOutputChannel, window } from 'vscode';
import { plain } from './model/text';
import { isUserError } from './model/userError';

/** VS Code cuts the text of a message there. */
const MOST_SHOWN = 1000;

export async function reportFailure(log: LogOutputChannel, what: string, error: unknown): Promise<void> {
  log.error(what, error instanceof Error ? error : String(error));
  const message = isUserError(error)
    ? plain(error.message, MOST_SHOWN)
    : l10n.t('{0} failed. The log has the details.', what);
  const showLog = l10n.t('Show Log');
  if ((await window.showErrorMessage(message, showLog)) === showLog) log.show();
}
