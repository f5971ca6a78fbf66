// A workspace of two folders in a real extension host: each has tasks, builds and a container of its own.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { BuildContainer } from '../../../extension/commands/buildContainer';
import { SETTINGS, TASK_TYPE, TASKS_SCHEMA } from '../../../extension/ids';
import type { Snapshot } from '../../../extension/model/container';
import { waitFor } from '../../support/run';
import { type Sandbox, startSandbox } from '../../support/sandbox';
import { activate, type Api, containerName, execute, extension, inode, takingTheFirst } from '../support';

const FOLDERS = [
  { folder: 'api', build: 'npm run where' },
  { folder: 'worker', build: 'make where' },
] as const;

describe('the extension, in a workspace of two folders that has just been opened', () => {
  it('is activated by a page of its own, as VS Code brings one back, and not before', async () => {
    assert.equal(extension().isActive, false);
    const page = await vscode.workspace.openTextDocument(vscode.Uri.parse('namespaces:/page'));
    assert.match(page.getText(), /^This page is from an earlier session\./);
    assert.equal(extension().isActive, true);
  });

  it('is asked for its schema when the file of the workspace is opened', async () => {
    const { workspaceFile } = vscode.workspace;
    assert.ok(workspaceFile);
    await vscode.window.showTextDocument(workspaceFile);
    await waitFor('the schema', () =>
      vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === TASKS_SCHEMA),
    );
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });
});

describe('in a workspace of two folders', () => {
  const sandboxes = new Map<string, Sandbox>();
  let api: Api;

  before(async () => {
    for (const { folder } of FOLDERS)
      sandboxes.set(folder, await startSandbox({ name: containerName(folder), types: ['net'] }));
    api = await activate();
    await containersNow();
  });
  after(async () => {
    for (const terminal of vscode.window.terminals) terminal.dispose();
    for (const sandbox of sandboxes.values()) await sandbox.stop();
  });

  /** The machine as it is, once both containers are seen. */
  const containersNow = (): Promise<Snapshot> =>
    waitFor('both containers', async () => {
      const snapshot = await api.inventory.refresh();
      const names = snapshot.containers.map(({ name }) => name);
      return FOLDERS.every(({ folder }) => names.includes(containerName(folder))) ? snapshot : undefined;
    });
  const pathOf = (name: string): string => {
    const found = vscode.workspace.workspaceFolders?.find((folder) => folder.name === name);
    assert.ok(found, `${name} is not open`);
    return found.uri.fsPath;
  };
  /** Of the folders that have one of this name, that of `folder`. */
  const findTask = async (name: string, folder: string): Promise<vscode.Task> => {
    const task = (await vscode.tasks.fetchTasks()).find(
      (candidate) => candidate.name === name && typeof candidate.scope === 'object' && candidate.scope.name === folder,
    );
    assert.ok(task, `${folder} has no task ${name}`);
    return task;
  };
  /** That where.cjs ran in this folder, in the network of its container. */
  const ranIn = (folder: string): void => {
    const file = join(pathOf(folder), 'where.json');
    const where: unknown = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(file);
    const net = inode(sandboxes.get(folder)?.pid ?? 0, 'net');
    assert.deepEqual(where, { net, args: [folder], cwd: pathOf(folder) });
  };

  it('each folder’s builds are offered in its own container alone', async () => {
    const offered = (await vscode.tasks.fetchTasks({ type: TASK_TYPE })).filter(({ name }) => name.includes(' in '));
    assert.deepEqual(
      offered.map(({ name, scope }) => [typeof scope === 'object' ? scope.name : scope, name]).sort(),
      FOLDERS.map(({ folder, build }) => [folder, `${build} in ${containerName(folder)}`]),
    );
  });

  for (const { folder, build } of FOLDERS) {
    it(`${folder}: what is offered runs there and inside`, async () => {
      assert.equal(await execute(await findTask(`${build} in ${containerName(folder)}`, folder)), 0);
      ranIn(folder);
    });

    it(`${folder}: so does what is written by hand`, async () => {
      assert.equal(await execute(await findTask('by hand', folder)), 0);
      ranIn(folder);
    });

    it(`${folder}: so does any other task, behind that of its own folder that it depends on`, async () => {
      const plain = await findTask('plain', folder);
      const name = containerName(folder);
      const inside = await api.runTask.inside(plain, name, name);
      assert.equal(await execute(inside, () => api.runTask.start(plain, name, name)), 0);
      ranIn(folder);
      assert.equal(readFileSync(join(pathOf(folder), 'before.txt'), 'utf8'), pathOf(folder));
    });
  }

  it('the status bar says which folder has which', () => {
    assert.equal(
      api.buildContainer.shown,
      FOLDERS.map(({ folder }) => `${folder}: ${containerName(folder)}`).join(', '),
    );
  });

  it('a container is chosen for one folder, by “Always Run Build Tasks in…”', async () => {
    const snapshot = await containersNow();
    const worker = containerName('worker');
    const containers = snapshot.containers.filter(({ name }) => name === worker);
    const chooser = new BuildContainer(
      { current: () => Promise.resolve({ ...snapshot, containers }) },
      vscode.workspace,
    );
    await takingTheFirst(() => chooser.choose());
    const folder = vscode.workspace.workspaceFolders?.[0];
    const set = vscode.workspace.getConfiguration(undefined, folder).inspect(SETTINGS.tasksContainer);
    assert.deepEqual([folder?.name, set?.workspaceFolderValue, set?.workspaceValue], ['api', worker, undefined]);
    await waitFor('the status bar to say that both have the same', () => api.buildContainer.shown === worker);
  });
});
