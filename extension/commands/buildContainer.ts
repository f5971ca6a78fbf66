// "Always Run Build Tasks in…": the workspace's container for builds, kept in the workspace's settings and shown in the
// status bar (buildContainerItem.ts) while there is one.
import { ConfigurationTarget, l10n, window, workspace } from 'vscode';
import { SETTINGS } from '../ids';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { tasksContainer } from '../settings';
import { isFoundByName } from '../tasks/findContainer';
import type { Targets } from './targets';

export class BuildContainer {
  constructor(
    private readonly targets: Pick<Targets, 'current'>,
    private readonly workspaceState: Pick<typeof workspace, 'isTrusted' | 'workspaceFolders'>,
  ) {}

  /** Asks for the container, and in a workspace of several folders for the folder first. */
  async choose(): Promise<void> {
    if (!this.workspaceState.isTrusted)
      throw new UserError(l10n.t('This workspace is not trusted, so its tasks are not run.'));
    const [first, ...others] = this.workspaceState.workspaceFolders ?? [];
    if (!first) throw new UserError(l10n.t('Open a folder first: build tasks belong to a folder.'));
    const folder =
      others.length === 0
        ? first
        : await window.showWorkspaceFolderPick({
            placeHolder: l10n.t('Select the folder whose build tasks to set up'),
          });
    if (!folder) return;
    const snapshot = await this.targets.current();
    const items = snapshot.containers.flatMap((container) => {
      // What cannot be called by its name would be another one after a restart.
      if (!isFoundByName(snapshot, container)) return [];
      return [{ label: plain(container.name, 100), description: plain(container.engine, 40), name: container.name }];
    });
    const none = { label: l10n.t('Every running container'), description: l10n.t('the default'), name: undefined };
    const picked = await window.showQuickPick([...items, ...(tasksContainer(folder) === undefined ? [] : [none])], {
      title: l10n.t('Always Run Build Tasks in'),
      placeHolder: l10n.t('Select the container in whose network build tasks run'),
    });
    if (!picked) return;
    const target = others.length === 0 ? ConfigurationTarget.Workspace : ConfigurationTarget.WorkspaceFolder;
    await workspace.getConfiguration(undefined, folder).update(SETTINGS.tasksContainer, picked.name, target);
  }
}
