// Gives VS Code the part of the schema of tasks that depends on settings. VS Code asks for it when a file of tasks is opened
// (`jsonValidation` in package.json), and that is what activates us then, so that bad tasks are marked in a window in which
// nothing else of ours was opened. `onLanguage:jsonc` would activate us for the editor's own settings too, while it starts.
import { type Disposable, EventEmitter, type TextDocumentContentProvider, Uri, workspace } from 'vscode';
import { TASKS_SCHEMA } from '../ids';
import { onPresetsChange, presetsSetting } from '../settings';
import type * as TasksFile from './tasksFile';

export class SchemaProvider implements TextDocumentContentProvider, Disposable {
  readonly #uri = Uri.parse(TASKS_SCHEMA);
  readonly #changed = new EventEmitter<Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #disposables: { dispose(): void }[] = [
    this.#changed,
    workspace.registerTextDocumentContentProvider(this.#uri.scheme, this),
    onPresetsChange(() => {
      this.#changed.fire(this.#uri);
    }),
  ];

  constructor(private readonly tasksFile: () => Promise<typeof TasksFile>) {}

  async provideTextDocumentContent(): Promise<string> {
    const { makeTasksSchema, readPresets } = await this.tasksFile();
    return JSON.stringify(makeTasksSchema(readPresets(presetsSetting()).presets));
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
