// A person's ways with tasks: a task whose problem matcher fills the Problems panel, the same after its container was
// restarted, and a task of npm's run inside.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { openWorkbench, type Workbench } from '../support/workbench';

const NAME = `build-${randomBytes(3).toString('hex')}`;
const ADDRESSES = ['10.79.0.5', '10.79.0.6'] as const;
/** The kernel's table of local addresses is there without any tool in the PATH. */
const TABLE = '/proc/net/fib_trie';

const PACKAGE = {
  name: 'project',
  private: true,
  scripts: { addresses: `grep -m1 -o '10[.]79[.]0[.][56]' ${TABLE}` },
};
const TASKS = {
  version: '2.0.0',
  tasks: [
    {
      label: 'finds a problem',
      type: 'namespace',
      container: NAME,
      shellCommand: `echo "$PWD/package.json: line 2, col 3, Error - seen from $(${PACKAGE.scripts.addresses}) (rule)"; exit 1`,
      problemMatcher: '$eslint-compact',
    },
  ],
};

describe('tasks, by hand', () => {
  const undo: (() => Promise<void>)[] = [];
  let workbench: Workbench;
  let sandbox: Sandbox;

  before(async () => {
    const user = await makeUser('nopasswd');
    undo.push(() => user.remove());
    sandbox = await startSandbox({ name: NAME, types: ['net'], address: `${ADDRESSES[0]}/24` });
    undo.push(() => sandbox.stop());
    const folder = join(user.home, 'project');
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(PACKAGE, null, 2));
    writeFileSync(join(folder, '.vscode/tasks.json'), JSON.stringify(TASKS, null, 2));
    await run('chown', ['-R', `${user.name}:`, folder]);
    workbench = await openWorkbench({
      user,
      vsix: need('NAMESPACES_TEST_VSIX'),
      artifacts: need('NAMESPACES_TEST_ARTIFACTS'),
      folder,
    });
    undo.push(workbench.close);
    await workbench.openView('Namespaces');
  });

  after(async () => {
    for (const step of undo.reverse()) await step();
  });

  afterEach(async function () {
    await workbench.screenshot(`tasks ${this.currentTest?.state ?? 'unknown'} ${this.currentTest?.title ?? ''}`);
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Terminal: Kill All Terminals');
  });

  const seesProblemFrom = async (address: string): Promise<void> => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('finds a problem');
    // The terminal comes to the front when it opens, so what is behind it is looked at when the task has ended.
    await workbench.waitForTerminal(/Terminal will be reused by tasks/);
    await workbench.runCommand('Problems: Focus on Problems View');
    const problem = workbench.page.locator('.markers-panel .monaco-list-row', { hasText: `seen from ${address}` });
    await problem.first().waitFor();
  };

  it('puts what a task finds into the Problems panel', async () => {
    await seesProblemFrom(ADDRESSES[0]);
  });

  it('runs the same task after its container was restarted', async () => {
    await sandbox.stop();
    sandbox = await startSandbox({ name: NAME, types: ['net'], address: `${ADDRESSES[1]}/24` });
    await seesProblemFrom(ADDRESSES[1]);
  });

  it('runs a script of npm’s in the container’s network', async () => {
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.pick('addresses');
    await workbench.answer(NAME);
    const text = await workbench.waitForTerminal(new RegExp(`^${ADDRESSES[1]}$`, 'm'));
    assert.match(text, /addresses/);
  });
});

function need(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run these tests by npm test`);
  return value;
}
