// What the schema of `namespace` tasks in package.json does in tasks.json: VS Code's own JSON language marks what it does not
// allow, and offers what it does. What no schema can say is in tasks.test.ts.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { waitFor } from '../support/run';

describe('the schema of tasks in tasks.json', () => {
  let document: vscode.TextDocument;

  before(async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    document = await vscode.workspace.openTextDocument(join(folder, '.vscode/tasks.json'));
    await vscode.window.showTextDocument(document);
  });
  after(() => vscode.commands.executeCommand('workbench.action.closeActiveEditor'));

  /** Where the type that is none is written. */
  const wrong = (): vscode.Range => {
    const start = document.getText().indexOf('"nut"');
    assert.ok(start >= 0);
    return new vscode.Range(document.positionAt(start), document.positionAt(start + '"nut"'.length));
  };

  it('has what is no namespace type marked, with those that there are', async () => {
    const mark = await waitFor('the mark', () =>
      vscode.languages.getDiagnostics(document.uri).find(({ range }) => range.isEqual(wrong())),
    );
    for (const type of NAMESPACE_NAMES) assert.ok(mark.message.includes(`"${type}"`), mark.message);
  });

  it('has every namespace type offered, each with what it is', async () => {
    const items = await waitFor('what is offered', async () => {
      const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        wrong().start.translate(0, 1),
        undefined,
        NAMESPACE_NAMES.length,
      );
      // VS Code's variables come from elsewhere, and after or before these.
      const values = items.filter(({ label }) => typeof label === 'string' && label.startsWith('"'));
      return values.length > 0 ? values : undefined;
    });
    assert.deepEqual(items.map(({ label }) => label).sort(), NAMESPACE_NAMES.map((type) => `"${type}"`).sort());
    assert.ok(items.every(({ documentation }) => documentation));
  });
});
