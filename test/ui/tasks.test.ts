// A person's ways with tasks: none runs before the folder is trusted; a task whose problem matcher fills the Problems panel,
// the same after its container was restarted, the default build by its key, a task of npm's run inside, and a wait that is
// cancelled.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Sandbox, startSandbox } from '../support/sandbox';
import type { Workbench } from '../support/workbench';
import { Scene } from './scene';

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
    {
      label: 'builds',
      type: 'namespace',
      container: NAME,
      shellCommand: `echo "built from $(${PACKAGE.scripts.addresses})"`,
      group: { kind: 'build', isDefault: true },
      problemMatcher: [],
    },
    {
      label: 'waits',
      type: 'namespace',
      container: `${NAME}-later`,
      command: 'true',
      waitFor: true,
      problemMatcher: [],
    },
    { label: 'watches', type: 'shell', command: 'sleep 1000', isBackground: true, problemMatcher: '$tsc-watch' },
    { label: 'starts the watch', dependsOn: 'watches' },
    { label: 'needs the watch', type: 'shell', command: 'true', dependsOn: 'starts the watch', problemMatcher: [] },
  ],
};

describe('tasks, by hand', () => {
  const scene = new Scene('tasks');
  let workbench: Workbench;
  let sandbox: Sandbox;

  before(async () => {
    const user = await scene.user('nopasswd');
    sandbox = await startSandbox({ name: NAME, types: ['net'], address: `${ADDRESSES[0]}/24` });
    scene.undo(() => sandbox.stop());
    workbench = await scene.editor({
      user,
      files: {
        'package.json': JSON.stringify(PACKAGE, null, 2),
        '.vscode/tasks.json': JSON.stringify(TASKS, null, 2),
      },
      settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
    });
    await workbench.openView('Namespaces');
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

  it('runs none in a folder that is not trusted, where containers are listed all the same', async () => {
    await workbench.row(NAME);
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.page.locator('.notifications-toasts', { hasText: 'This workspace is not trusted' }).waitFor();
    await workbench.runCommand('Tasks: Run Task');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await workbench.page.locator('.terminal-wrapper').count(), 0);
  });

  it('runs them once the person trusts the folder', async () => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.page
      .locator('.monaco-dialog-box')
      .getByRole('button', { name: /^Trust .* Continue$/ })
      .click();
    await workbench.pick('builds');
    await workbench.waitForTerminal(new RegExp(`^built from ${ADDRESSES[0]}$`, 'm'));
  });

  it('runs the default build by its key', async () => {
    await workbench.page.keyboard.press('Control+Shift+B');
    await workbench.waitForTerminal(new RegExp(`^built from ${ADDRESSES[0]}$`, 'm'));
  });

  it('shows that a task waits for its container, and ends the wait by a button', async () => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('waits');
    const progress = workbench.page.locator('.notifications-toasts .notification-list-item', {
      hasText: 'Waiting for',
    });
    await progress.filter({ hasText: `container "${NAME}-later" to start` }).waitFor();
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await workbench.waitForTerminal(new RegExp(`the wait for container "${NAME}-later" was cancelled`));
    await progress.waitFor({ state: 'hidden' });
  });

  it('puts what a task finds into the Problems panel', async () => {
    await seesProblemFrom(ADDRESSES[0]);
  });

  it('runs the same task after its container was restarted', async () => {
    await sandbox.stop();
    sandbox = await startSandbox({ name: NAME, types: ['net'], address: `${ADDRESSES[1]}/24` });
    await seesProblemFrom(ADDRESSES[1]);
  });

  it('says before a task is run inside that it will not wait for what it starts in the background', async () => {
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.page.locator('.quick-input-widget:visible input.input').fill('needs the watch');
    const row = await workbench.pickText('needs the watch');
    assert.match(row, /starts watches and does not wait until it is ready, which only VS Code is told$/m);
  });

  it('runs a script of npm’s in the container’s network', async () => {
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.pick('addresses');
    await workbench.answer(NAME);
    const text = await workbench.waitForTerminal(new RegExp(`^${ADDRESSES[1]}$`, 'm'));
    assert.match(text, /addresses/);
  });
});
