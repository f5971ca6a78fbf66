// "Always Run Build Tasks in…": the workspace's container for builds, kept in the workspace's settings and shown in the
// status bar while there is one.
import { ConfigurationTarget, type Disposable, l10n, StatusBarAlignment, window, workspace } from 'vscode';
import { COMMANDS, SETTINGS } from '../ids';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { tasksContainer } from '../settings';
import { isFoundByName } from '../tasks/findContainer';
import type { Targets } from './targets';

export class BuildContainer implements Disposable {
  readonly #item = window.createStatusBarItem('namespaces.buildContainer', StatusBarAlignment.Left);
  readonly #disposables: { dispose(): void }[] = [
    this.#item,
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SETTINGS.tasksContainer)) this.#show();
    }),
    workspace.onDidChangeWorkspaceFolders(() => {
      this.#show();
    }),
  ];

  constructor(
    private readonly targets: Pick<Targets, 'current'>,
    private readonly workspaceState: Pick<typeof workspace, 'isTrusted' | 'workspaceFolders'>,
  ) {
    this.#item.command = COMMANDS.buildContainer;
    this.#item.name = l10n.t('Container for Build Tasks');
    this.#show();
  }

  /** What the status bar shows; null: nothing. Where folders differ, it says which is whose. */
  get shown(): string | null {
    const folders = this.workspaceState.workspaceFolders ?? [];
    const chosen = folders.flatMap((folder) => {
      const container = tasksContainer(folder);
      return container === undefined ? [] : [{ folder: plain(folder.name, 40), container: plain(container, 40) }];
    });
    const [first] = chosen;
    if (!first) return null;
    if (chosen.length === folders.length && chosen.every(({ container }) => container === first.container))
      return first.container;
    return chosen.map(({ folder, container }) => `${folder}: ${container}`).join(', ');
  }

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

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #show(): void {
    const { shown } = this;
    if (shown === null) {
      this.#item.hide();
      return;
    }
    this.#item.text = `$(vm) ${l10n.t('Builds: {0}', shown)}`;
    const tooltip = l10n.t('Build tasks run in the network of {0}. Click to change.', shown);
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: tooltip };
    this.#item.show();
  }
}
