// What the schemas of `namespace` tasks do in tasks.json, that in package.json and that which depends on settings: VS Code's own
// JSON language marks what they do not allow, and offers what they do. What no schema can say is in tasks.test.ts.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { SETTINGS } from '../../extension/ids';
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

  /** What is offered within the text at this place, once it is as many. */
  const offered = (start: vscode.Position, count: number): Promise<vscode.CompletionItem[]> =>
    waitFor('what is offered', async () => {
      const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        start.translate(0, 1),
        undefined,
        count,
      );
      // VS Code's variables come from elsewhere, and after or before these.
      const values = items.filter(({ label }) => typeof label === 'string' && label.startsWith('"'));
      return values.length === count ? values : undefined;
    });

  it('has every namespace type offered, each with what it is', async () => {
    const items = await offered(wrong().start, NAMESPACE_NAMES.length);
    assert.deepEqual(items.map(({ label }) => label).sort(), NAMESPACE_NAMES.map((type) => `"${type}"`).sort());
    assert.ok(items.every(({ documentation }) => documentation));
  });

  it('has every preset offered, those of the settings too as soon as they are there', async () => {
    const text = '"preset": ';
    const place = document.positionAt(document.getText().indexOf(text) + text.length);
    const builtIn = [
      'Everything',
      'Like docker exec',
      'Network and processes',
      'Network only',
      'Repair without network',
    ];
    const namesOf = (items: readonly vscode.CompletionItem[]): unknown[] => items.map(({ label }) => label).sort();
    const quoted = (names: readonly string[]): string[] => names.map((name) => `"${name}"`);
    assert.deepEqual(namesOf(await offered(place, builtIn.length)), quoted(builtIn));
    const settings = vscode.workspace.getConfiguration();
    const own = [{ name: 'Names', namespaces: ['uts', 'net'] }];
    await settings.update(SETTINGS.presets, own, vscode.ConfigurationTarget.Global);
    try {
      const items = await offered(place, builtIn.length + 1);
      assert.deepEqual(namesOf(items), quoted([...builtIn, 'Names'].sort()));
      const names = items.find(({ label }) => label === '"Names"');
      assert.equal(names?.documentation, 'uts, net');
    } finally {
      await settings.update(SETTINGS.presets, undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
