// Identities in words, and the question before a dangerous one.
import { l10n, window } from 'vscode';
import { plain } from '../model/text';
import type { Identity } from '../plan/enterPlan';

export function describeIdentity(as: Identity): string {
  if (as === 'me') return l10n.t('As yourself, without privileges');
  if (as === 'target') return l10n.t("As the container's own process");
  if (as === 'root') return l10n.t('As root');
  return l10n.t('As user {0}', as.other);
}

/** Modal, so that nobody answers it by habit. */
export async function confirmRoot(name: string): Promise<boolean> {
  const open = l10n.t('Open as Root');
  const message = l10n.t('Enter the files of {0} as root of this machine?', plain(name, 80));
  const detail = l10n.t(
    "You would have full control of this machine while running the container's programs. If one of them is hostile, it can do anything to this machine.",
  );
  return (await window.showWarningMessage(message, { modal: true, detail }, open)) === open;
}
