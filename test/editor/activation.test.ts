// When VS Code activates the extension by itself: not while the editor starts or opens settings, and as soon as a file of tasks
// is opened. Only before any other test is nothing of the extension's open: this file is the first of its folder.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { waitFor } from '../support/run';
import { extension } from './support';

describe('the extension, in an editor that has just started', () => {
  const open = async (path: string): Promise<vscode.TextDocument> => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    const document = await vscode.workspace.openTextDocument(join(folder, path));
    await vscode.window.showTextDocument(document);
    return document;
  };
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('is not active in a folder with settings and tasks, nor once its settings are opened', async () => {
    const { uri, languageId } = await open('.vscode/settings.json');
    assert.equal(languageId, 'jsonc');
    // What marks them is activated by their language itself, and takes longer to start than all else that is.
    await waitFor('VS Code’s own mark', () => vscode.languages.getDiagnostics(uri).length > 0);
    assert.equal(extension().isActive, false);
  });

  it('has a bad task marked in tasks.json though nothing else of its own was opened', async () => {
    const { uri } = await open('.vscode/tasks.json');
    const mark = await waitFor('the mark', () =>
      vscode.languages.getDiagnostics(uri).find(({ source }) => source === 'Linux Namespaces'),
    );
    assert.equal(mark.message, '"container" and "pod" cannot be used together');
    assert.equal(extension().isActive, true);
  });
});
