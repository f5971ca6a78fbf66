// What a person is asked before a terminal opens: a preview of a mixture and of what is not plain to see, and a question
// that nobody answers by habit where they named root of the machine.
import { l10n, QuickPickItemKind, type QuickPickItem, window } from 'vscode';
import { addressesOf } from '../inspect/addresses';
import { isUnconfinedRoot } from '../inspect/unconfinedRoot';
import { type EnterPlan, type Identity, planEntry } from '../plan/enterPlan';
import { isDangerous } from '../plan/presets';
import { previewOf, warningsOf } from '../plan/preview';
import { type Chosen, identityOf } from '../select/selection';
import type { Runtime } from '../shared/helperCommand';
import { confirmRoot } from './identityTexts';

/** Who the user is, and by what they become root. */
export type User = Pick<Runtime, 'uid' | 'sudo'>;

/** Asks only where there is something to beware of. */
export async function mayOpen(chosen: readonly Chosen[], user: User, as?: Identity): Promise<boolean> {
  const plan = planEntry(chosen, user.uid, [], as);
  const dangerous = await isDangerousNow(chosen, plan.as);
  if (dangerous && as !== undefined) return confirmRoot(identityOf(chosen)?.name ?? '');
  return warningsOf(chosen, dangerous).length === 0 || showPreview(chosen, plan, user, dangerous);
}

/** Enter opens, Escape does not. */
export async function previewEntry(chosen: readonly Chosen[], user: User): Promise<boolean> {
  const plan = planEntry(chosen, user.uid);
  return showPreview(chosen, plan, user, await isDangerousNow(chosen, plan.as));
}

/** With what the container's process can do at this moment. */
export async function isDangerousNow(chosen: readonly Chosen[], as: Identity): Promise<boolean> {
  const target = as === 'target' ? identityOf(chosen) : undefined;
  return isDangerous(chosen, as, target !== undefined && (await isUnconfinedRoot(target)));
}

async function showPreview(
  chosen: readonly Chosen[],
  plan: EnterPlan,
  { sudo }: User,
  dangerous: boolean,
): Promise<boolean> {
  const networks = chosen.filter(({ namespace }) => namespace.type === 'net');
  const addresses = await Promise.all(
    networks.map(async ({ container }) => [container.key, await addressesOf(container.pid)] as const),
  );
  const lines = previewOf(plan, chosen, new Map(addresses), sudo, dangerous);
  return acceptsFirst(plan.title, [
    { label: l10n.t('Open terminal') },
    { label: l10n.t('preview'), kind: QuickPickItemKind.Separator },
    ...lines.map(({ label, text }) => ({ label, description: text })),
  ]);
}

/** The other items are there to be read: to accept one of them does nothing. */
function acceptsFirst(title: string, items: readonly QuickPickItem[]): Promise<boolean> {
  const pick = window.createQuickPick();
  pick.items = items;
  pick.title = title;
  pick.placeholder = l10n.t('Press Enter to open the terminal, Escape to cancel');
  return new Promise<boolean>((resolve) => {
    pick.onDidAccept(() => {
      if (pick.activeItems[0] !== items[0]) return;
      resolve(true);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(false);
      pick.dispose();
    });
    pick.show();
  });
}
