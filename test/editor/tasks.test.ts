// Tasks in a real extension host: those of the type `namespace` as VS Code runs them, and other tasks run in a container's
// network. Exit codes and restarts are in extension.test.ts.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { BuildContainer } from '../../extension/commands/buildContainer';
import { pickContainerCommand } from '../../extension/commands/pickContainerCommand';
import { RunTask } from '../../extension/commands/runTask';
import { Targets } from '../../extension/commands/targets';
import { COMMANDS, SETTINGS, TASK_TYPE } from '../../extension/ids';
import type { Container, Snapshot } from '../../extension/model/container';
import { checkDefinition } from '../../extension/tasks/definition';
import { NamespaceTaskProvider } from '../../extension/tasks/namespaceTaskProvider';
import { waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { activate, type Api, containerName, containerRow, execute, inode, takingTheFirst } from './support';

const NAME = containerName('tasks');
const LATER = containerName('later');

describe('tasks in the extension host', () => {
  let sandbox: Sandbox;
  let api: Api;
  let folder: string;

  before(async () => {
    sandbox = await startSandbox({ name: NAME, types: ['net', 'mnt', 'pid'] });
    api = await activate();
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  });
  after(async () => {
    for (const execution of vscode.tasks.taskExecutions) execution.terminate();
    for (const terminal of vscode.window.terminals) terminal.dispose();
    await sandbox.stop();
  });

  /** What where.cjs wrote when it ran last. */
  const whereIn = (directory: string): { net: string; args: string[]; cwd: string } => {
    const file = join(directory, 'where.json');
    const where = JSON.parse(readFileSync(file, 'utf8')) as { net: string; args: string[]; cwd: string };
    rmSync(file);
    return where;
  };
  /** The machine with this suite's container alone, for what asks for one. */
  const alone = async (): Promise<Snapshot> => {
    const snapshot = await api.inventory.refresh();
    return { ...snapshot, containers: snapshot.containers.filter(({ name }) => name === NAME) };
  };

  it('hand a whole command line to a shell, with directory and environment', async () => {
    assert.equal(await execute(await findTask('by a shell')), 0);
    const { net, args, cwd } = whereIn(join(folder, '.vscode'));
    assert.equal(net, inode(sandbox.pid, 'net'));
    assert.deepEqual(args, ["it's $HOME", 'a b']);
    assert.equal(cwd, join(folder, '.vscode'));
  });

  it('start among the container’s files where they say, with its environment and theirs', async () => {
    assert.equal(await execute(await findTask('among its files')), 5);
  });

  it('wait for a container that starts later', async () => {
    const begun = processOf((name) => name === 'waits');
    const ended = execute(await findTask('waits'));
    let late: Sandbox | undefined;
    try {
      await begun;
      // Meanwhile it has looked too, and would have ended.
      for (let looks = 0; looks < 3; looks++) await api.inventory.refresh();
      late = await startSandbox({ name: LATER, types: ['net'] });
      assert.equal(await ended, 0);
    } finally {
      await late?.stop();
    }
  });

  it('end the wait when they are ended', async () => {
    const begun = processOf((name) => name === 'waits');
    const ended = execute(await findTask('waits'));
    await begun;
    vscode.tasks.taskExecutions.find(({ task }) => task.name === 'waits')?.terminate();
    assert.notEqual(await ended, 0);
  });

  it('go on behind one in the background once its matcher says so', async () => {
    for (const file of ['watch.txt', 'after.txt']) rmSync(join(folder, file), { force: true });
    assert.equal(await execute(await findTask('after the watch')), 0);
    assert.equal(readFileSync(join(folder, 'after.txt'), 'utf8').trim(), inode(sandbox.pid, 'net'));
    const watch = vscode.tasks.taskExecutions.find(({ task }) => task.name === 'watches');
    assert.ok(watch?.task.isBackground, 'the watch has ended');
    watch.terminate();
  });

  it('are what Ctrl+Shift+B runs, where one is the default build', async () => {
    const task = await findTask('builds by default');
    assert.equal(task.group?.id, vscode.TaskGroup.Build.id);
    assert.equal(await execute(task, () => vscode.commands.executeCommand('workbench.action.tasks.build')), 0);
    assert.equal(readFileSync(join(folder, 'built.txt'), 'utf8').trim(), inode(sandbox.pid, 'net'));
  });

  it('have their terminals presented as they say', async () => {
    await closesItsTerminal(await findTask('closes its terminal'));
  });

  it('are marked in tasks.json where no schema tells that they are bad or dangerous, and nowhere else', async () => {
    const document = await vscode.workspace.openTextDocument(join(folder, '.vscode/tasks.json'));
    await vscode.window.showTextDocument(document);
    const marks = await waitFor('the mark', () => {
      const found = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Linux Namespaces');
      return found.length > 1 ? found : undefined;
    });
    assert.deepEqual(
      marks.map(({ range, severity, message }) => [document.getText(range), severity, message.slice(0, 40)]),
      [
        ['"other"', vscode.DiagnosticSeverity.Error, '"container" and "pod" cannot be used tog'],
        ['"root"', vscode.DiagnosticSeverity.Warning, 'This runs as root of this machine in a c'],
      ],
    );
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('get their container from a person by the variable', async () => {
    const picked: (string | undefined)[] = [];
    await takingTheFirst(async () => picked.push(await pickContainerCommand({ current: alone })));
    assert.deepEqual(picked, [NAME]);
  });

  describe('of other types, run inside', () => {
    const inside = async (name: string): Promise<vscode.Task> => api.runTask.inside(await findTask(name), NAME, NAME);

    for (const [name, directory] of [
      ['plain, by a shell', '.vscode'],
      ['plain, a command line', '.'],
      ['plain, with a shell of its own', '.'],
      ['plain, a process', '.vscode'],
    ] as const) {
      it(`${name}: the same command, with the same arguments, in the container’s network`, async () => {
        assert.equal(await execute(await findTask(name)), 0);
        const plain = whereIn(join(folder, directory));
        assert.equal(await execute(await inside(name)), 0);
        const there = whereIn(join(folder, directory));
        assert.equal(plain.net, inode('self', 'net'));
        assert.ok(plain.args.length > 1);
        assert.deepEqual(there, { ...plain, net: inode(sandbox.pid, 'net') });
        // VS Code may offer it again from its definition alone.
        assert.deepEqual(checkDefinition((await inside(name)).definition), []);
      });
    }

    it('keep exit code and problem matcher', async () => {
      assert.equal(await execute(await inside('plain, finds a problem')), 2);
      const [problem] = await waitFor('the problem', () => {
        const found = vscode.languages.getDiagnostics(vscode.Uri.file(join(folder, 'where.cjs')));
        return found.some(({ message }) => message.includes(inode(sandbox.pid, 'net'))) ? found : undefined;
      });
      assert.deepEqual([problem?.range.start.line, problem?.range.start.character], [2, 3]);
    });

    it('keep presentation and group', async () => {
      const plain = await findTask('plain, closes its terminal');
      const copy = await inside(plain.name);
      assert.deepEqual(copy.presentationOptions, plain.presentationOptions);
      assert.deepEqual([copy.group, plain.group?.id], [plain.group, vscode.TaskGroup.Test.id]);
      await closesItsTerminal(copy);
    });

    it('go on in the background, with a matcher that hears when they begin and end', async () => {
      const watch = await inside('plain, watches');
      assert.ok(watch.isBackground);
      const ended = execute(watch);
      const file = vscode.Uri.file(join(folder, 'where.cjs'));
      const found = await waitFor('the problem', () =>
        vscode.languages
          .getDiagnostics(file)
          .find(({ message }) => message.includes(`watched in ${inode(sandbox.pid, 'net')}`)),
      );
      assert.deepEqual([found.range.start.line, found.range.start.character], [3, 4]);
      const running = vscode.tasks.taskExecutions.find(({ task }) => task.name === watch.name);
      assert.ok(running, 'the watch has ended');
      running.terminate();
      await ended;
    });

    it('run behind the tasks that they depend on, which run as they are', async () => {
      for (const file of ['first.txt', 'after.txt']) rmSync(join(folder, file), { force: true });
      const task = await findTask('plain, after others');
      const copy = await inside(task.name);
      assert.equal(await execute(copy, () => api.runTask.start(task, NAME, NAME)), 0);
      const nets = readFileSync(join(folder, 'after.txt'), 'utf8').trim().split('\n');
      assert.deepEqual(nets, [inode('self', 'net'), inode(sandbox.pid, 'net')]);
      const watch = vscode.tasks.taskExecutions.find(({ task: { name } }) => name === 'plain, watches');
      assert.ok(watch, 'what runs in the background has ended');
      watch.terminate();
    });

    it('are not run where one of these fails', async () => {
      const task = await findTask('plain, after a failure');
      await assert.rejects(
        api.runTask.start(task, NAME, NAME),
        /^UserError: plain, fails first failed, so plain, after a failure was not run/,
      );
      assert.ok(!existsSync(join(folder, 'after-failure.txt')));
    });

    it('npm scripts too', async () => {
      const npm = (await vscode.tasks.fetchTasks({ type: 'npm' })).find(({ name }) => name.startsWith('fail'));
      assert.ok(npm, 'VS Code offers no npm script');
      assert.equal(await execute(await api.runTask.inside(npm, NAME, NAME)), 3);
    });

    it('by the command, in the container of the row it is called on', async () => {
      const row = await containerRow(api, NAME);
      const begun = processOf((name) => name.endsWith(` in ${NAME}`));
      // Which task comes first is VS Code's to say; how one runs is tested above.
      await takingTheFirst(() => vscode.commands.executeCommand(COMMANDS.runTask, row));
      await begun;
      const running = vscode.tasks.taskExecutions.filter(({ task }) => task.name.endsWith(` in ${NAME}`));
      for (const execution of running) execution.terminate();
      await waitFor('it to end', () => !vscode.tasks.taskExecutions.some((execution) => running.includes(execution)));
    });

    it('with the container for builds offered first', async () => {
      const other = await startSandbox({ name: LATER, types: ['net'] });
      const configuration = vscode.workspace.getConfiguration();
      try {
        const snapshot = await waitFor('both containers', async () => {
          const found = await api.inventory.refresh();
          const containers = [LATER, NAME].flatMap((each) => found.containers.filter(({ name }) => name === each));
          return containers.length === 2 && { ...found, containers };
        });
        await configuration.update(SETTINGS.tasksContainer, NAME, vscode.ConfigurationTarget.Workspace);
        const targets = new Targets(
          { refresh: () => Promise.resolve(snapshot) },
          { resolve: () => [] },
          (row) => row,
          () => [],
        );
        const fail = (): never => assert.fail('it was asked for');
        const runTask = new RunTask(targets, { launcherArguments: fail }, '/launcher', fail, fail, vscode.workspace);
        const started: string[] = [];
        runTask.start = (_, reference) => Promise.resolve(void started.push(reference));
        await takingTheFirst(() => runTask.run());
        assert.deepEqual(started, [NAME]);
      } finally {
        await configuration.update(SETTINGS.tasksContainer, undefined, vscode.ConfigurationTarget.Workspace);
        await other.stop();
      }
    });

    it('are refused where there is no command: code of an extension, and tasks that only start others', async () => {
      const custom = new vscode.Task(
        { type: 'x' },
        vscode.TaskScope.Workspace,
        'custom',
        'x',
        new vscode.CustomExecution(() => Promise.reject(new Error('it was run'))),
      );
      await assert.rejects(api.runTask.inside(custom, NAME, NAME), /^UserError: custom runs inside VS Code itself/);
      await assert.rejects(inside('starts others'), /^UserError: starts others only starts other tasks/);
    });
  });

  it('of an untrusted workspace are neither offered, nor resolved, nor run inside', async () => {
    const fail = (): never => assert.fail('something was asked for');
    const untrusted = { isTrusted: false, workspaceFolders: vscode.workspace.workspaceFolders };
    const never = { refresh: fail, launcherArguments: fail, current: fail, containers: fail, info: fail, error: fail };
    const provider = new NamespaceTaskProvider(never, never, '/launcher', fail, fail, untrusted, never);
    assert.deepEqual(await provider.provideTasks(), []);
    const task = await findTask('passes');
    assert.equal(await provider.resolveTask(task), undefined);
    const runTask = new RunTask(never, never, '/launcher', fail, fail, untrusted);
    await assert.rejects(runTask.run(), /not trusted/);
    await assert.rejects(runTask.inside(await findTask('plain, a process'), NAME, NAME), /not trusted/);
    const buildContainer = new BuildContainer(never, untrusted);
    await assert.rejects(buildContainer.choose(), /not trusted/);
  });

  it('that build are offered in the workspace’s container alone, which the status bar names', async () => {
    const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration();
    const offered = async (): Promise<vscode.Task[]> =>
      (await vscode.tasks.fetchTasks({ type: TASK_TYPE })).filter(({ name }) => /^(?:npm|make) .* in /.test(name));
    assert.equal(api.buildContainer.shown, null);
    const other = await startSandbox({ name: LATER, types: ['net'] });
    try {
      const chooser = new BuildContainer({ current: alone }, vscode.workspace);
      await takingTheFirst(() => chooser.choose());
      assert.equal(configuration().get(SETTINGS.tasksContainer), NAME);
      const names = ['npm run pass', 'npm run fail', 'make all', 'make check'].map((build) => `${build} in ${NAME}`);
      const builds = await waitFor('the offers of this container alone', async () => {
        const all = await offered();
        return all.every(({ name }) => names.includes(name)) ? all : undefined;
      });
      assert.deepEqual(builds.map(({ name }) => name).sort(), names.sort());
      assert.equal(api.buildContainer.shown, NAME);
      const check = builds.find(({ name }) => name === `make check in ${NAME}`);
      assert.ok(check);
      assert.equal(await execute(check), 0);
    } finally {
      await configuration().update(SETTINGS.tasksContainer, undefined, vscode.ConfigurationTarget.Workspace);
      await other.stop();
    }
    await waitFor('nothing in the status bar', () => api.buildContainer.shown === null);
    // Now in each container that runs, whichever these are on this machine.
    assert.ok((await offered()).length > 0);
  });

  it('whose container is hostile by name are no way into VS Code', async () => {
    const odd = '${command:workbench.action.closeWindow} $(error)';
    const sandboxed = await startSandbox({ name: odd, types: ['net'] });
    try {
      const { containers } = await api.inventory.refresh();
      assert.ok(
        containers.some(({ name }: Container) => name === odd),
        'it is not found under its name',
      );
      const offered = await vscode.tasks.fetchTasks({ type: TASK_TYPE });
      assert.ok(!offered.some(({ name }) => name.includes('closeWindow')));
    } finally {
      await sandboxed.stop();
    }
  });
});

/** Resolves with the pid of a task's process once that has started. */
function processOf(isMeant: (name: string) => boolean): Promise<number> {
  return new Promise((resolve) => {
    const listening = vscode.tasks.onDidStartTaskProcess(({ execution, processId }) => {
      if (!isMeant(execution.task.name)) return;
      listening.dispose();
      resolve(processId);
    });
  });
}

/** Other tasks leave theirs open, for the next one. */
async function closesItsTerminal(task: vscode.Task): Promise<void> {
  let opened: vscode.Terminal | undefined;
  const listening = vscode.window.onDidOpenTerminal((terminal) => (opened = terminal));
  try {
    assert.equal(await execute(task), 0);
    await waitFor('the task’s terminal to open, and to close', () => opened?.exitStatus !== undefined);
  } finally {
    listening.dispose();
  }
  assert.ok(opened && !vscode.window.terminals.includes(opened));
}

async function findTask(name: string): Promise<vscode.Task> {
  const task = (await vscode.tasks.fetchTasks()).find((candidate) => candidate.name === name);
  assert.ok(task, `no task ${name}`);
  return task;
}
