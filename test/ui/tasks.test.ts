// A person's ways with tasks and a Docker container: none runs before the folder is trusted; a task whose problem matcher fills
// the Problems panel, the same after its container was restarted, the default build by its key, a task of npm's run inside, a
// wait that is cancelled, and the container for builds in the status bar.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Docker } from '../support/docker';
import { waitFor } from '../support/run';
import type { Workbench } from '../support/workbench';
import { Scene } from './scene';

const NAME = `build-${randomBytes(3).toString('hex')}`;
/** A server on the container's own 127.0.0.1, which gives another answer each time that the container starts. */
const SERVER = 'cat /proc/sys/kernel/random/uuid > /srv/index.html; exec httpd -f -p 127.0.0.1:8080 -h /srv';

const PACKAGE = {
  name: 'project',
  private: true,
  scripts: { ask: '/bin/busybox wget -q -O - http://127.0.0.1:8080/' },
};
const TASKS = {
  version: '2.0.0',
  tasks: [
    {
      label: 'finds a problem',
      type: 'namespace',
      container: NAME,
      shellCommand: `echo "$PWD/package.json: line 2, col 3, Error - answered $(${PACKAGE.scripts.ask}) (rule)"; exit 1`,
      problemMatcher: '$eslint-compact',
    },
    {
      label: 'builds',
      type: 'namespace',
      container: NAME,
      shellCommand: `echo "built with $(${PACKAGE.scripts.ask})"`,
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
  let docker: Docker;
  /** What the server answers now. */
  let answer: string;

  before(async () => {
    const user = await scene.user('nopasswd');
    docker = await scene.docker(user);
    await docker.run(NAME, { command: ['sh', '-c', SERVER] });
    answer = await answerNow();
    workbench = await scene.editor({
      user,
      files: {
        'package.json': JSON.stringify(PACKAGE, null, 2),
        '.vscode/tasks.json': JSON.stringify(TASKS, null, 2),
      },
      settings: {
        'namespaces.docker.host': `unix://${docker.socket}`,
        'security.workspace.trust.enabled': true,
        'security.workspace.trust.startupPrompt': 'never',
      },
    });
    await workbench.openView('Namespaces');
  });

  const answerNow = (): Promise<string> =>
    waitFor('the server', () =>
      docker.cli('exec', NAME, 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/').catch(() => undefined),
    );
  const seesProblem = async (): Promise<void> => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('finds a problem');
    // The terminal comes to the front when it opens, so what is behind it is looked at when the task has ended.
    await workbench.waitForTerminal(/Terminal will be reused by tasks/);
    await workbench.runCommand('Problems: Focus on Problems View');
    const problem = workbench.page.locator('.markers-panel .monaco-list-row', { hasText: `answered ${answer}` });
    await problem.first().waitFor();
  };

  it('runs none in a folder that is not trusted, where containers are listed all the same', async () => {
    await workbench.row(NAME);
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.message('This workspace is not trusted');
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
    await workbench.waitForTerminal(new RegExp(`^built with ${answer}$`, 'm'));
  });

  it('runs the default build by its key', async () => {
    await workbench.page.keyboard.press('Control+Shift+B');
    await workbench.waitForTerminal(new RegExp(`^built with ${answer}$`, 'm'));
  });

  it('shows that a task waits for its container, and ends the wait by a button', async () => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('waits');
    const progress = await workbench.message(`Waiting for container "${NAME}-later" to start`);
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await workbench.waitForTerminal(new RegExp(`the wait for container "${NAME}-later" was cancelled`));
    await progress.waitFor({ state: 'hidden' });
  });

  it('puts what a task finds into the Problems panel', async () => {
    await seesProblem();
    await workbench.screenshot('way-5-task-with-problem-matcher');
  });

  it('runs the same task after its container was restarted', async () => {
    const before = answer;
    await docker.cli('restart', '--time', '0', NAME);
    answer = await answerNow();
    assert.notEqual(answer, before);
    await seesProblem();
    await workbench.screenshot('way-7-same-task-after-restart');
  });

  it('says before a task is run inside that it will not wait for what it starts in the background', async () => {
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.page.locator('.quick-input-widget:visible input.input').fill('needs the watch');
    const row = await workbench.pickText('needs the watch');
    assert.match(row, /starts watches without waiting until it is ready, which only VS Code is told$/m);
  });

  it('runs a script of npm’s in the container’s network', async () => {
    await workbench.runCommand('Namespaces: Run Task in Namespace…');
    await workbench.pick('ask');
    await workbench.answer(NAME);
    await workbench.waitForTerminal(new RegExp(`^${answer}$`, 'm'));
    await workbench.screenshot('way-6-npm-task-inside');
  });

  it('shows the container for builds in the status bar, where a click changes it', async () => {
    const item = workbench.page.locator('.part.statusbar .statusbar-item', { hasText: 'Builds:' });
    assert.equal(await item.count(), 0);
    await workbench.runCommand('Namespaces: Always Run Build Tasks in…');
    await workbench.pick(NAME);
    await item.getByText(`Builds: ${NAME}`).waitFor();
    await item.hover();
    const tooltip = `Build tasks run in the network of ${NAME}. Click to change.`;
    await workbench.page.locator('.monaco-hover', { hasText: tooltip }).waitFor();
    await workbench.screenshot('tasks container for builds in the status bar');
    await item.click();
    await workbench.pick('Every running container');
    await item.waitFor({ state: 'detached' });
  });
});
