// The workspace's container for builds in the status bar, while there is one in its settings: see buildContainer.ts.
import { type Disposable, l10n, StatusBarAlignment, window, workspace } from 'vscode';
import { COMMANDS, SETTINGS } from '../ids';
import { plain } from '../model/text';
import { tasksContainer } from '../settings';

export class BuildContainerItem implements Disposable {
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

  constructor(private readonly workspaceState: Pick<typeof workspace, 'workspaceFolders'>) {
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
