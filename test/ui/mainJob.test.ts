// A person's way through the workbench with the packed extension installed, as a user whose sudo asks for a password: see
// a container, open a terminal in its network, run a task there. A Docker container, and a sandbox of the kernel's own.
import assert from 'node:assert/strict';
import { composeLabels, type Docker } from '../support/docker';
import { waitFor } from '../support/run';
import type { TestUser } from '../support/users';
import { NET_ROW, OPEN_NETWORK, type Workbench } from '../support/workbench';
import { Scene } from './scene';

const OPEN_CONTAINER = 'Open Terminal in Container';
const SANDBOX_ADDRESS = '10.77.0.7';
/** The prompt of the user's own shell, where the terminal's text ends. */
const PROMPT = /\$$/;

const SANDBOX_SERVER = `
  require('node:http').createServer((_, response) => response.end('hello from the sandbox\\n')).listen(8080, '127.0.0.1');
`;

/** Asks a server on the container's own 127.0.0.1. */
const askTask = (label: string, container: object): object => ({
  type: 'namespace',
  label,
  ...container,
  namespaces: ['net'],
  command: '/bin/busybox',
  args: ['wget', '-q', '-O', '-', 'http://127.0.0.1:8080/'],
  problemMatcher: [],
});
const TASKS = {
  version: '2.0.0',
  tasks: [
    askTask('ask the shop', { container: 'shop-web-1' }),
    askTask('ask the sandbox', { container: 'uibox' }),
    askTask('ask the one picked', { container: '${command:namespaces.container.pick}' }),
    askTask('ask what is not there', { container: 'shop-db-1' }),
    askTask('by compose service and project', { composeService: 'web', composeProject: 'shop' }),
    askTask('by label', { containerLabel: 'tier=front' }),
    {
      type: 'namespace',
      label: 'look at the first process',
      container: 'shop-web-1',
      preset: 'Network and processes',
      shellCommand: '/bin/busybox wget -q -O - http://127.0.0.1:8080/; tr "\\0" " " < /proc/1/cmdline',
      problemMatcher: [],
    },
  ],
};

describe('the main job, by hand', () => {
  const scene = new Scene('main');
  let user: TestUser;
  let workbench: Workbench;
  let docker: Docker;
  let dockerAddress: string;

  before(async () => {
    user = await scene.user('password');
    docker = await scene.docker(user);
    const command = ['httpd', '-f', '-p', '127.0.0.1:8080', '-h', '/srv'];
    await docker.run('shop-web-1', { args: [...composeLabels('shop', 'web'), '--label', 'tier=front'], command });
    // A service of the same name, of another project.
    await docker.run('blog-web-1', { args: [...composeLabels('blog', 'web'), '--label', 'tier=back'] });
    dockerAddress = await docker.cli('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'shop-web-1');
    await scene.sandbox({
      name: 'uibox',
      types: ['net', 'pid', 'mnt', 'uts', 'ipc'],
      address: `${SANDBOX_ADDRESS}/24`,
      command: [process.execPath, '-e', SANDBOX_SERVER],
    });
    workbench = await scene.editor({
      user,
      files: { '.vscode/tasks.json': JSON.stringify(TASKS) },
      settings: { 'namespaces.docker.host': `unix://${docker.socket}` },
    });
  });

  it('shows a container with its eight namespaces', async () => {
    await workbench.openView('Namespaces');
    await workbench.expand('shop-web-1');
    for (const type of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts']) {
      await workbench.row(new RegExp(`^\\s*${type}(${type}:\\[|locked)`));
    }
  });

  it("opens a terminal in a Docker container's network, after sudo's password", async () => {
    await (await workbench.row(NET_ROW)).hover();
    const start = Date.now();
    await workbench.clickInline(NET_ROW, OPEN_NETWORK);
    await workbench.waitForTerminal(/password for/);
    const asked = Date.now();
    await workbench.screenshot('sudo asks in the terminal');
    await workbench.type(`${user.password}\n`);
    const typed = Date.now();
    await workbench.waitForTerminal(PROMPT);
    console.log(
      `      usable after ${asked - start} ms until the password prompt and ${Date.now() - typed} ms after it`,
    );

    await workbench.type('ip -brief address; id -un; pwd\n');
    const text = await workbench.waitForTerminal(new RegExp(`${dockerAddress}[^]*${PROMPT.source}`));
    assert.match(text, new RegExp(`^${user.name}$`, 'm'), 'the shell is not the user’s own');
    assert.match(text, new RegExp(`^${user.home}/project$`, 'm'), 'the working directory is not the workspace');
    await workbench.screenshot('way-1-network-terminal');
  });

  it("runs a task that reaches a server on the Docker container's 127.0.0.1", async () => {
    await runTask(workbench, user, 'ask the shop');
    await workbench.waitForTerminal(/hello from inside/);
  });

  it('runs a task in the container that is picked when it starts', async () => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('ask the one picked');
    await workbench.pickText('blog-web-1');
    await workbench.screenshot('main a task asks for its container');
    await workbench.pick('shop-web-1');
    await givePassword(workbench, user);
    await workbench.waitForTerminal(/hello from inside/);
  });

  for (const label of ['by compose service and project', 'by label']) {
    it(`runs a task whose container is named ${label}`, async () => {
      await runTask(workbench, user, label);
      await workbench.waitForTerminal(/hello from inside/);
    });
  }

  it('runs a task by a preset, in the namespaces that it says', async () => {
    await runTask(workbench, user, 'look at the first process');
    await workbench.waitForTerminal(/^hello from inside\nhttpd -f -p 127\.0\.0\.1:8080/m);
  });

  it('says in the terminal of a task that its container is not there, and which are', async () => {
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('ask what is not there');
    const text = await workbench.waitForTerminal(
      /container "shop-db-1" is not running; running containers: [^]*press any key/,
    );
    assert.equal(await workbench.page.locator('.terminal-sticky-scroll.visible').count(), 0, 'nothing lies over it');
    await workbench.screenshot('main a task without its container');
    assert.ok(text.replaceAll('\n', '').includes('shop-web-1'), text);
  });

  it("opens a terminal in a sandbox's network from the context menu", async () => {
    await workbench.contextMenu('uibox', OPEN_NETWORK);
    await workbench.waitForTerminal(/password for/);
    await workbench.type(`${user.password}\n`);
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('ip -brief address\n');
    await workbench.waitForTerminal(new RegExp(SANDBOX_ADDRESS.replaceAll('.', '\\.')));
  });

  it("opens a terminal in all of a container's namespaces", async () => {
    await workbench.contextMenu('shop-web-1', OPEN_CONTAINER);
    await workbench.waitForTerminal(/password for/);
    await workbench.type(`${user.password}\n`);
    await workbench.waitForTerminal(/[$#]$/);
    await workbench.type('cat /etc/os-release; ps\n');
    await workbench.waitForTerminal(/PRETTY_NAME="busybox"[^]*1 root +httpd -f -p 127\.0\.0\.1:8080/);
  });

  it("runs a task in a sandbox's network", async () => {
    await runTask(workbench, user, 'ask the sandbox');
    await workbench.waitForTerminal(/hello from the sandbox/);
  });

  it('unlocks what only root may see with the password asked in the editor, and locks it again', async () => {
    const locked = /^\s*net\s*locked/;
    const unlocked = /^\s*net\s*(net:\[)?\d+/;
    await workbench.expand('shop-web-1');
    await workbench.row(locked);
    await workbench.runCommand('Namespaces: Unlock');
    await answerPassword(workbench, 'not the password');
    await answerPassword(workbench, user.password);
    await workbench.row(unlocked);
    const hosts = await workbench.row(/^\s*user\s*user:.*host/);
    assert.equal(await hosts.getByRole('checkbox').count(), 0, 'nothing to select');
    await workbench.screenshot('way-9-unlock-with-password');
    await workbench.runCommand('Namespaces: Lock');
    await workbench.row(locked);
  });

  it('shows by itself that a container is gone, and leaves what is open, selected and checked as it was', async () => {
    await workbench.expand('blog-web-1');
    await (await workbench.row(NET_ROW)).click();
    await workbench.check(NET_ROW);
    const state = async (): Promise<(string | null)[]> => {
      const [other, net] = [await workbench.row('blog-web-1'), await workbench.row(NET_ROW)];
      return [
        await other.getAttribute('aria-expanded'),
        await net.getAttribute('aria-selected'),
        await net.getByRole('checkbox').first().getAttribute('aria-checked'),
      ];
    };
    assert.deepEqual(await state(), ['true', 'true', 'true']);
    const row = await workbench.row('shop-web-1');
    await docker.cli('rm', '--force', 'shop-web-1');
    await row.waitFor({ state: 'detached', timeout: 30_000 });
    assert.deepEqual(await state(), ['true', 'true', 'true']);
  });
});

/** The input box stays where the answer was wrong, and asks again. */
async function answerPassword(workbench: Workbench, password: string): Promise<void> {
  const input = workbench.page.locator('.quick-input-widget:visible input[type="password"]');
  await waitFor(
    'an empty input box',
    async () => (await input.isVisible()) && (await input.inputValue()) === '',
    30_000,
  );
  await workbench.screenshot('sudo asks in the editor');
  await input.fill(password);
  await input.press('Enter');
}

/** By the menu: Tasks: Run Task → namespace → the task's label. */
async function runTask(workbench: Workbench, user: TestUser, label: string): Promise<void> {
  await workbench.runCommand('Tasks: Run Task');
  await workbench.pick(label);
  await givePassword(workbench, user);
}

async function givePassword(workbench: Workbench, user: TestUser): Promise<void> {
  await workbench.waitForTerminal(/password for/);
  await workbench.type(`${user.password}\n`);
}
