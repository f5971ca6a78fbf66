// Marks bad and dangerous `namespace` tasks where they are written, while they are written. What the schema in package.json
// says is left to VS Code.
import {
  Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  languages,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { presetsSetting } from '../settings';
import type * as TasksFile from './tasksFile';

const SEVERITIES = { error: DiagnosticSeverity.Error, warning: DiagnosticSeverity.Warning };

export class DiagnosticsProvider implements Disposable {
  readonly #marks = languages.createDiagnosticCollection('namespaces');
  readonly #disposables: { dispose(): void }[] = [
    this.#marks,
    workspace.onDidOpenTextDocument((document) => {
      void this.#check(document);
    }),
    workspace.onDidChangeTextDocument(({ document }) => {
      void this.#check(document);
    }),
    workspace.onDidCloseTextDocument(({ uri }) => {
      this.#marks.delete(uri);
    }),
  ];

  constructor(private readonly tasksFile: () => Promise<typeof TasksFile>) {
    workspace.textDocuments.forEach((document) => {
      void this.#check(document);
    });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #check(document: TextDocument): Promise<void> {
    if (!/(?:^|\/)tasks\.json$|\.code-workspace$/.test(document.uri.path)) return;
    const { checkTasksFile, readPresets } = await this.tasksFile();
    if (document.isClosed) return;
    const { presets } = readPresets(presetsSetting());
    const diagnostics = checkTasksFile(document.getText(), presets).map(({ start, end, severity, message }) => {
      const range = new Range(document.positionAt(start), document.positionAt(end));
      const diagnostic = new Diagnostic(range, message, SEVERITIES[severity]);
      diagnostic.source = 'Linux Namespaces';
      return diagnostic;
    });
    this.#marks.set(document.uri, diagnostics);
  }
}
