// `${command:namespaces.container.pick}` in a task's definition: asks for a container when the task starts.
import { l10n } from 'vscode';
import { pickContainer } from '../select/picker';
import { referenceTo } from '../tasks/findContainer';
import type { Targets } from './targets';

/** Resolves with what "container" of a definition takes; undefined where none was picked, which ends the task. */
export async function pickContainerCommand(targets: Pick<Targets, 'current'>): Promise<string | undefined> {
  const snapshot = await targets.current();
  const picked = await pickContainer(snapshot, l10n.t('Run Task in Namespace'));
  return picked && referenceTo(snapshot, picked);
}
