// Tasks that other extensions offer, run in a container's network: gulp's, by VS Code's own extension, and cargo's, by one that
// offers them as rust-analyzer does (cargo/). Both programs are stand-ins that leave behind where they ran.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { activate, type Api, containerName, execute, inode } from './support';

const NAME = containerName('others');
const GULP = `#!/bin/sh
if [ "$1" = --tasks-simple ]; then echo 'lint all'; else exec node where.cjs gulp "$@"; fi
`;
const CARGO = `#!/bin/sh
echo "error[E0308]: seen from $(readlink /proc/self/ns/net)"
echo ' --> src/main.rs:2:5'
exec node where.cjs cargo "$@"
`;

describe('tasks of other extensions', () => {
  let sandbox: Sandbox;
  let api: Api;
  let folder: string;
  const made: string[] = [];

  const write = (path: string, text: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    made.push(file);
  };

  before(async () => {
    sandbox = await startSandbox({ name: NAME, types: ['net'] });
    api = await activate();
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    write('gulpfile.js', '');
    write('node_modules/.bin/gulp', GULP);
    write('bin/cargo', CARGO);
    await vscode.workspace.getConfiguration('gulp').update('autoDetect', 'on', vscode.ConfigurationTarget.Global);
  });
  after(async () => {
    await vscode.workspace.getConfiguration('gulp').update('autoDetect', undefined, vscode.ConfigurationTarget.Global);
    for (const file of made) rmSync(file);
    for (const terminal of vscode.window.terminals) terminal.dispose();
    await sandbox.stop();
  });

  /** The one task of a type, as VS Code tells it to whoever asks for all tasks. */
  const offered = (type: string): Promise<vscode.Task> =>
    waitFor(`a task of the type ${type}`, async () =>
      (await vscode.tasks.fetchTasks()).find(({ definition }) => definition.type === type),
    );
  /** What its program was given, in the network of this process first and then in the container's. */
  const argumentsOf = async (task: vscode.Task): Promise<string[]> => {
    const inside = await api.runTask.inside(task, NAME, NAME);
    const told: { net: string; args: string[]; cwd: string }[] = [];
    for (const each of [task, inside]) {
      assert.equal(await execute(each), 0);
      const file = join(folder, 'where.json');
      told.push(JSON.parse(readFileSync(file, 'utf8')) as (typeof told)[number]);
      rmSync(file);
    }
    const [out, there] = told;
    assert.equal(out?.net, inode('self', 'net'));
    assert.deepEqual(there, { ...out, net: inode(sandbox.pid, 'net') });
    assert.equal(there.cwd, folder);
    return there.args;
  };

  it('gulp: the same command, in the container’s network', async () => {
    assert.deepEqual(await argumentsOf(await offered('gulp')), ['gulp', 'lint all']);
  });

  it('cargo: the same command, in the container’s network, with its problem matcher', async () => {
    assert.deepEqual(await argumentsOf(await offered('cargo')), ['cargo', 'run', '--', 'a $HOME b']);
    const problem = await waitFor('the problem', () =>
      vscode.languages
        .getDiagnostics(vscode.Uri.file(join(folder, 'src/main.rs')))
        .find(({ message }) => message === `seen from ${inode(sandbox.pid, 'net')}`),
    );
    assert.deepEqual([problem.range.start.line, problem.range.start.character], [1, 4]);
  });
});
