// Marks bad `namespace` tasks where they are written, while they are written. What the schema in package.json says is left to
// VS Code.
import {
  Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  languages,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { checkTasksFile } from './checkTasksFile';

export class DiagnosticsProvider implements Disposable {
  readonly #marks = languages.createDiagnosticCollection('namespaces');
  readonly #disposables: { dispose(): void }[] = [
    this.#marks,
    workspace.onDidOpenTextDocument((document) => {
      this.#check(document);
    }),
    workspace.onDidChangeTextDocument(({ document }) => {
      this.#check(document);
    }),
    workspace.onDidCloseTextDocument(({ uri }) => {
      this.#marks.delete(uri);
    }),
  ];

  constructor(private readonly presets: () => readonly string[]) {
    workspace.textDocuments.forEach((document) => {
      this.#check(document);
    });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #check(document: TextDocument): void {
    if (!/(?:^|\/)tasks\.json$|\.code-workspace$/.test(document.uri.path)) return;
    const diagnostics = checkTasksFile(document.getText(), this.presets()).map(({ start, end, message }) => {
      const range = new Range(document.positionAt(start), document.positionAt(end));
      const diagnostic = new Diagnostic(range, message, DiagnosticSeverity.Error);
      diagnostic.source = 'Linux Namespaces';
      return diagnostic;
    });
    this.#marks.set(document.uri, diagnostics);
  }
}
