// Before a mixed selection is entered: one quick pick that says what one will see, keep and need. Enter opens, Escape does not.
import { l10n, QuickPickItemKind, type QuickPickItem, window } from 'vscode';
import { addressesOf } from '../inspect/addresses';
import { planEntry } from '../plan/enterPlan';
import { previewOf } from '../plan/preview';
import type { Chosen } from '../select/selection';

export async function previewEntry(chosen: readonly Chosen[], uid: number): Promise<boolean> {
  const networks = chosen.filter(({ namespace }) => namespace.type === 'net');
  const addresses = await Promise.all(
    networks.map(async ({ container }) => [container.key, await addressesOf(container.pid)] as const),
  );
  const lines = previewOf(planEntry(chosen, uid), chosen, new Map(addresses));
  const items: QuickPickItem[] = [
    { label: l10n.t('Open terminal') },
    { label: l10n.t('It will be'), kind: QuickPickItemKind.Separator },
    ...lines.map(({ label, text }) => ({ label, description: text })),
  ];
  const picked = await window.showQuickPick(items, {
    title: l10n.t('Open Terminal in Selected Namespaces'),
    placeHolder: l10n.t('Enter opens the terminal, Escape does not'),
  });
  return picked !== undefined;
}
