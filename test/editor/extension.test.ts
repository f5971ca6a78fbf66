// The extension in a real extension host: activation, tree, terminals, tasks, with sandboxes made by the kernel alone.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, SETTINGS, TASK_TYPE, VIEWS } from '../../extension/ids';
import type { ContainerNode } from '../../extension/tree/rows';
import { waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import {
  activate,
  type Api,
  commOf,
  containerName,
  containerRow,
  descendant,
  execute,
  extension,
  inode,
  namespaceRows,
  opened,
  shellOf,
  takingTheFirst,
  terminalPid,
} from './support';

const NAME = containerName('web');
const OWN = ['net', 'mnt', 'pid', 'uts', 'ipc', 'cgroup'] as const;

interface Manifest {
  contributes: {
    commands: { command: string }[];
    views: Record<string, { id: string }[]>;
    configuration: { properties: Record<string, unknown> }[];
    taskDefinitions: { type: string }[];
    menus: Record<string, { command: string }[]>;
  };
}

describe('in the extension host', () => {
  let sandbox: Sandbox;
  let api: Api;

  before(async () => {
    sandbox = await startSandbox({ name: NAME, types: OWN });
    api = await activate();
    // The first terminal of all waits for the editor's own terminal process; what it costs is not ours.
    await opened(() => {
      vscode.window.createTerminal('plain').show();
      return Promise.resolve();
    });
  });
  after(async () => {
    for (const terminal of vscode.window.terminals) terminal.dispose();
    await sandbox.stop();
  });

  const containerNode = (): Promise<ContainerNode> => containerRow(api, NAME);

  it('agrees with its manifest on every id', async () => {
    const { contributes } = extension().packageJSON as Manifest;
    const commands = contributes.commands.map(({ command }) => command).sort();
    assert.deepEqual(commands, Object.values(COMMANDS).sort());
    const registered = await vscode.commands.getCommands(true);
    for (const command of commands) assert.ok(registered.includes(command), `${command} is not registered`);
    for (const { command } of Object.values(contributes.menus).flat())
      assert.ok((commands as string[]).includes(command), command);
    assert.deepEqual(
      Object.values(contributes.views)
        .flat()
        .map(({ id }) => id),
      Object.values(VIEWS),
    );
    const settings = contributes.configuration.flatMap(({ properties }) => Object.keys(properties));
    assert.deepEqual(settings.sort(), Object.values(SETTINGS).sort());
    assert.deepEqual(
      contributes.taskDefinitions.map(({ type }) => type),
      [TASK_TYPE],
    );
  });

  it('shows a container with its eight namespaces as /proc has them', async () => {
    const node = await containerNode();
    assert.deepEqual(
      namespaceRows(node).map(({ label }) => label),
      ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'],
    );
    for (const child of namespaceRows(node)) {
      assert.ok(child.description.startsWith(inode(sandbox.pid, child.label)), `${child.label}: ${child.description}`);
      const own = (OWN as readonly string[]).includes(child.label);
      assert.equal(/\bhost\b/.test(child.description), !own, `${child.label}: ${child.description}`);
      assert.equal(/\bjoinable\b/.test(child.contextValue), own, child.contextValue);
      const item = api.provider.getTreeItem(child);
      assert.equal(item.checkboxState !== undefined, own, `${child.label}: checkbox`);
    }
    assert.match(node.contextValue, /\bcontainer\b.*\bnet\b.*\bjoinable\b/);
  });

  it('opens a terminal in the network namespace alone', async () => {
    const terminal = await opened(async () =>
      vscode.commands.executeCommand(COMMANDS.openNetworkTerminal, await containerNode()),
    );
    assert.equal(terminal.name, `${NAME}:net`);
    const pid = await shellOf(terminal, (shell) => inode(shell, 'net') === inode(sandbox.pid, 'net'));
    for (const type of ['pid', 'uts', 'ipc', 'cgroup', 'user', 'time'])
      assert.equal(inode(pid, type), inode('self', type), type);
    assert.notEqual(inode(pid, 'mnt'), inode(sandbox.pid, 'mnt'));
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), vscode.workspace.workspaceFolders?.[0]?.uri.fsPath);
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    assert.ok(
      environment.some((entry) => entry.startsWith('TERM_PROGRAM=')),
      'the terminal’s own environment is not there',
    );
  });

  it('opens a terminal in all namespaces of the container', async () => {
    const row = await containerNode();
    // Its process is root as the machine has it, of which a preview warns.
    const terminal = await opened(() =>
      takingTheFirst(() => vscode.commands.executeCommand(COMMANDS.openContainerTerminal, row)),
    );
    assert.equal(terminal.name, NAME);
    const shell = await waitFor('a shell inside', () =>
      descendant(
        terminalPid(terminal),
        (pid) => inode(pid, 'pid') === inode(sandbox.pid, 'pid') && inode(pid, 'mnt') === inode(sandbox.pid, 'mnt'),
      ),
    );
    for (const type of OWN) assert.equal(inode(shell, type), inode(sandbox.pid, type), type);
  });

  it('opens a terminal in the selected namespaces and in no other', async () => {
    const rows = namespaceRows(await containerNode()).filter(({ label }) => label === 'net' || label === 'uts');
    // A preview comes first.
    const terminal = await opened(() =>
      takingTheFirst(() => vscode.commands.executeCommand(COMMANDS.openNamespaceTerminal, rows[0], rows)),
    );
    assert.equal(terminal.name, `${NAME}:net+uts`);
    const pid = await shellOf(terminal, (shell) => inode(shell, 'uts') === inode(sandbox.pid, 'uts'));
    assert.equal(inode(pid, 'net'), inode(sandbox.pid, 'net'));
    assert.equal(inode(pid, 'ipc'), inode('self', 'ipc'));
  });

  it('runs tasks with their own exit codes', async () => {
    assert.equal(await runTask('passes'), 0);
    assert.equal(await runTask('fails'), 3);
  });

  it('runs a task in the network, with its arguments as they are and in the workspace', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    rmSync(join(folder, 'where.json'), { force: true });
    assert.equal(await runTask('writes where it is'), 0);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'where.json'), 'utf8')), {
      net: inode(sandbox.pid, 'net'),
      args: ['a b', '$HOME', "it's"],
      cwd: folder,
    });
  });

  it('runs the very same task after the container was restarted', async () => {
    const task = await findTask('writes where it is');
    assert.equal(await execute(task), 0);
    const before = inode(sandbox.pid, 'net');
    await sandbox.stop();
    sandbox = await startSandbox({ name: NAME, types: OWN });
    assert.notEqual(inode(sandbox.pid, 'net'), before);
    assert.equal(await execute(task), 0);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    const { net } = JSON.parse(readFileSync(join(folder, 'where.json'), 'utf8')) as { net: string };
    assert.equal(net, inode(sandbox.pid, 'net'));
  });

  it('lets a problem matcher read what a task prints', async () => {
    assert.equal(await runTask('finds a problem'), 1);
    const file = vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/'), 'where.cjs');
    const [problem] = await waitFor('the problem', () => {
      const found = vscode.languages.getDiagnostics(file);
      return found.length > 0 ? found : undefined;
    });
    assert.match(problem?.message ?? '', /^found inside (?:up|unknown|down)/);
    assert.deepEqual([problem?.range.start.line, problem?.range.start.character], [1, 6]);
  });

  for (const how of ['Ctrl-C', 'Terminate Task'] as const) {
    it(`ends a task by ${how} as it ends a plain one, and what ran in it`, async () => {
      const plain = await interrupt('plain, never ends', how);
      const inside = await interrupt('never ends', how);
      assert.equal(inside.net, inode(sandbox.pid, 'net'));
      assert.equal(inside.exit, plain.exit);
    });
  }

  it('fails a task whose container is not there, or whose definition is bad, and runs nothing', async () => {
    assert.notEqual(await runTask('no container'), 0);
    assert.notEqual(await runTask('bad namespaces'), 0);
  });
});

/** Starts a task that sleeps, ends it, and waits until its process is gone. */
async function interrupt(
  name: string,
  how: 'Ctrl-C' | 'Terminate Task',
): Promise<{ exit: number | undefined; net: string }> {
  const ended = execute(await findTask(name));
  const ofTask = (terminal: vscode.Terminal): boolean => terminal.name === name || terminal.name.endsWith(` ${name}`);
  const [terminal, pid] = await waitFor('sleep', async () => {
    for (const candidate of vscode.window.terminals.filter(ofTask)) {
      const process = await candidate.processId;
      if (process !== undefined && commOf(process) === 'sleep') return [candidate, process] as const;
    }
    return undefined;
  });
  const net = readlinkSync(`/proc/${pid}/ns/net`);
  if (how === 'Ctrl-C') terminal.sendText('\x03', false);
  else vscode.tasks.taskExecutions.find((execution) => execution.task.name === name)?.terminate();
  const exit = await ended;
  await waitFor('its process to end', () => !existsSync(`/proc/${pid}`));
  return { exit, net };
}

async function findTask(name: string): Promise<vscode.Task> {
  const task = (await vscode.tasks.fetchTasks()).find((candidate) => candidate.name === name);
  assert.ok(task, `no task ${name}`);
  return task;
}

const runTask = async (name: string): Promise<number | undefined> => execute(await findTask(name));
