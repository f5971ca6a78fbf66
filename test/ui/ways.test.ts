// More of a person's ways through the workbench: with Docker containers a mixed selection with its preview, one without a
// shell, wrong passwords, listening ports, files, and the question before root goes among them; a sandbox and a rootless
// Podman container of the user's own; new namespaces.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { EXIT } from '../../helper/protocol';
import { NO_SHELL_IMAGE } from '../support/docker';
import { waitFor } from '../support/run';
import { skipWithout } from '../support/skip';
import type { TestUser } from '../support/users';
import { NET_ROW, PROMPT, type Workbench } from '../support/workbench';
import { startRootlessPodman } from './rootlessPodman';
import { Scene, terminals } from './scene';

/** What the page's own world has, and the tests' has not. */
interface Page {
  getComputedStyle(element: unknown): { color: string };
}

/** Other runs on the same machine have others. */
const TAG = randomBytes(3).toString('hex');
const NET = `net-${TAG}`;
const OWN = `own-${TAG}`;
const POD = `pod-${TAG}`;
const IN_POD = `in-pod-${TAG}`;
const SHELL_LESS = `bare-${TAG}`;
const UTS = `uts-${TAG}`;
/** Markdown for a picture, a link to a command and letters that slant, if anybody took it for that. */
const FILES = `![a](b)[c](command:d)*e*<b>-${TAG}`;
/** It ends in this. */
const FILES_END = `<b>-${TAG}`;
/** With others for the asterisks, and without what nobody sees. */
const FILES_IN_TAB = FILES.replaceAll('*', '＊');
const HOSTNAME = `host-${TAG}`;

/** What VS Code itself says of a terminal that failed: "failed to launch" within the first half second, "terminated" after it. */
const failed = (code: number): RegExp => new RegExp(`exit code: ${code}\\)?\\.`);

const TASKS = {
  version: '2.0.0',
  tasks: [
    {
      label: 'looks around in the pod',
      type: 'namespace',
      pod: POD,
      preset: 'Like docker exec',
      command: 'cat',
      args: ['/proc/1/cmdline', '/proc/self/uid_map'],
      problemMatcher: [],
    },
  ],
};

describe('more ways, by hand', () => {
  const scene = new Scene('ways');
  let user: TestUser;
  let workbench: Workbench;
  let address: string;
  let ownPid: number;

  before(async () => {
    user = await scene.user('password');
    const docker = await scene.docker(user);
    await docker.run(NET, { command: ['httpd', '-f', '-p', '0.0.0.0:8080'] });
    address = await docker.cli('inspect', '--format', '{{.NetworkSettings.IPAddress}}', NET);
    await docker.run(UTS, { args: ['--hostname', HOSTNAME] });
    await docker.run(SHELL_LESS, { image: NO_SHELL_IMAGE });
    await scene.sandbox({ name: FILES, types: ['mnt'] });
    const own = await scene.sandbox({ name: OWN, types: ['user', 'net', 'mnt'], user });
    ownPid = own.pid;
    workbench = await scene.editor({
      user,
      files: { '.vscode/tasks.json': JSON.stringify(TASKS) },
      settings: { 'namespaces.docker.host': `unix://${docker.socket}` },
    });
    await workbench.openView('Namespaces');
  });

  /** Leaves one container in the view, with its namespaces in sight. */
  const showOnly = async (name: string): Promise<void> => {
    await workbench.runCommand('Namespaces: Filter Containers…');
    await workbench.answer(name);
    await workbench.expand(name);
  };
  /** Above the rows. */
  const said = (text: string): Promise<void> =>
    workbench.page.locator('.part.sidebar .pane-body .message', { hasText: text }).waitFor();
  const givePassword = async (password: string): Promise<void> => {
    await workbench.waitForTerminal(/password for[^]*: ?$/);
    await workbench.type(`${password}\n`);
  };

  it('has buttons in the title bars of its views, and a menu behind them', async () => {
    await showOnly(NET);
    const bar = (view: string): Locator => workbench.page.locator('.part.sidebar .pane-header', { hasText: view });
    const button = (view: string, label: string): Locator => bar(view).locator(`.action-label[aria-label^="${label}"]`);
    const container = (name: string): Locator =>
      workbench.page.locator('.part.sidebar [role="treeitem"]', { hasText: name });

    await bar('Containers').hover();
    await button('Containers', 'Unlock').waitFor();
    assert.equal(await button('Containers', 'Lock').count(), 0);
    await button('Containers', 'Refresh').click();
    // It shows that the list is filtered, and takes the filter away.
    await container(UTS).waitFor({ state: 'hidden' });
    await button('Containers', 'Clear Filter').click();
    await button('Containers', 'Filter Containers').click();
    await workbench.answer(UTS);
    await container(NET).first().waitFor({ state: 'hidden' });

    await bar('Containers').hover();
    await bar('Containers').locator('.action-label[aria-label*="More Actions"]').click();
    const menu = workbench.page.locator('.monaco-menu .action-label');
    await menu.filter({ hasText: 'Group Containers' }).waitFor();
    await workbench.screenshot('ways menu of the title bar');
    const offered = await menu.allInnerTexts();
    for (const entry of [
      'Open Terminal in New Namespaces',
      'Group Containers',
      'Sort Containers',
      'Diagnose',
      'Show Log',
    ])
      assert.ok(
        offered.some((text) => text.startsWith(entry)),
        `${entry} is not among ${offered.join(', ')}`,
      );
    await workbench.page.keyboard.press('Escape');

    await bar('Namespaces').last().click();
    await bar('Namespaces').last().hover();
    await bar('Namespaces').last().locator('.action-label[aria-label^="Refresh"]').click();
    await bar('Namespaces').last().click();
  });

  it('enters the network of one container and the hostname of another, after a preview', async () => {
    await showOnly(NET);
    await workbench.check(NET_ROW);
    await showOnly(UTS);
    // One of each type; and what the filter hides is still said.
    await workbench.check(NET_ROW);
    await said(`Selected: net of ${UTS} instead of ${NET}`);
    await showOnly(NET);
    await workbench.check(NET_ROW);
    await said(`Selected: net of ${NET} instead of ${UTS}`);
    await showOnly(UTS);
    await workbench.check(/^\s*uts(uts:\[|locked)/);
    await said(`net of ${NET}`);
    await workbench.screenshot('ways selection above the rows');
    await workbench.runCommand('Namespaces: Open Terminal in Selected Namespaces');
    const preview = await workbench.pickText('you keep');
    for (const line of [`${NET} (${address}), DNS of ${NET}`, UTS, 'yourself, with all your groups', 'sudo'])
      assert.ok(preview.includes(line), preview);
    await workbench.screenshot('way-2-preview-of-mixed-selection');
    // It is there to be read.
    await workbench.pick('you keep');
    await workbench.pick('Open terminal');
    await givePassword(user.password);
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('hostname; ip -brief address; id -un\n');
    const text = await workbench.waitForTerminal(new RegExp(`^${user.name}$[^]*${PROMPT.source}`, 'm'));
    assert.match(text, new RegExp(`^${HOSTNAME}$`, 'm'));
    assert.ok(text.includes(address), text);
    await workbench.screenshot('way-2-terminal-in-mixed-selection');
  });

  it("lists in the tooltip of a terminal's tab which namespaces of whom one is in", async () => {
    await showOnly(NET);
    await workbench.check(NET_ROW);
    await showOnly(FILES_END);
    await workbench.check(/^\s*mnt(mnt:\[|locked)/);
    await workbench.runCommand('Namespaces: Open Terminal in Selected Namespaces');
    await workbench.pick('Open terminal');
    await givePassword(user.password);
    await workbench.waitForTerminal(PROMPT);
    const tooltip = await workbench.hoverTab();
    await workbench.screenshot("ways tooltip of a terminal's tab");
    const text = (await tooltip.innerText()).replaceAll('\u2060', '');
    // What was checked before still is.
    for (const words of [
      `${NET}:net ${UTS}:uts ${FILES_IN_TAB}:mnt`,
      `network of ${NET}; hostname of ${UTS}; files of ${FILES_IN_TAB}`,
    ])
      assert.ok(text.includes(words), text);
    assert.equal(await tooltip.locator('img, a, em, b').count(), 0, 'a name was taken for Markdown');
  });

  it('opens a terminal in the namespace of a row, whatever is checked, and clears the selection', async () => {
    await showOnly(UTS);
    await workbench.clickInline(/^\s*uts(uts:\[|locked)/, 'Open Terminal in Namespace');
    await givePassword(user.password);
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('hostname; ip -brief address\n');
    const text = await workbench.waitForTerminal(new RegExp(`^${HOSTNAME}$[^]*${PROMPT.source}`, 'm'));
    assert.ok(!text.includes(address), text);
    await workbench.runCommand('Namespaces: Clear Selection');
    const above = workbench.page.locator('.part.sidebar .pane-body .message', { hasText: 'Selected' });
    await above.waitFor({ state: 'hidden' });
    const checked = workbench.page.locator('.part.sidebar [role="checkbox"][aria-checked="true"]');
    await waitFor('no checkbox to be checked', async () => (await checked.count()) === 0);
  });

  it('goes all the way by the keyboard: to a row, to its checkbox, to its menu', async () => {
    const { keyboard } = workbench.page;
    await showOnly(NET);
    await workbench.runCommand('Namespaces: Focus on Containers View');
    await keyboard.press('Home');
    const focused = workbench.page.locator('.part.sidebar .monaco-list-row.focused');
    await waitFor('the row of the network', async () => {
      if (NET_ROW.test(await focused.innerText())) return true;
      await keyboard.press('ArrowDown');
      return false;
    });
    const box = focused.getByRole('checkbox');
    assert.equal(await box.getAttribute('aria-label'), `network of ${NET}`);
    for (const checked of ['true', 'false']) {
      await keyboard.press('Space');
      await waitFor(`it to be ${checked}`, async () => (await box.getAttribute('aria-checked')) === checked);
    }
    await keyboard.press('Shift+F10');
    await workbench.page.locator('.monaco-menu .action-label', { hasText: 'Copy Namespace Path' }).waitFor();
    await workbench.screenshot('ways menu of a row by the keyboard');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await givePassword(user.password);
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('ip -brief address\n');
    await workbench.waitForTerminal(new RegExp(address.replaceAll('.', '\\.')));
  });

  it("tells more of a row where the mouse rests on it, a container's name as text", async () => {
    await showOnly(FILES_END);
    const tooltip = await workbench.hoverRow(FILES_END, 'pid: ');
    const text = (await tooltip.innerText()).replaceAll('\u2060', '');
    assert.ok(text.includes(`${FILES} (sandbox)`), text);
    assert.equal(await tooltip.locator('img, a, em, b').count(), 0, 'a name was taken for Markdown');
  });

  it("dims what is the machine's own", async () => {
    await showOnly(OWN);
    const colorOf = async (text: RegExp): Promise<string> => {
      const label = (await workbench.row(text)).locator('.label-name').first();
      return label.evaluate((element) => (globalThis as unknown as Page).getComputedStyle(element).color);
    };
    // VS Code asks for a row's colour when the row is there already.
    await waitFor('the row to be dimmed', async () => (await colorOf(/^\s*uts/)) !== (await colorOf(NET_ROW)));
  });

  it('asks again after a wrong password, and offers to try again where sudo gave up', async () => {
    await showOnly(NET);
    await workbench.contextMenu(NET, 'Open Terminal in Network Namespace');
    await givePassword('not the password');
    await workbench.waitForTerminal(/try again/);
    await workbench.screenshot('way-4-wrong-password');
    for (const said of [/(try again[^]*){2}/, null]) {
      await givePassword('not the password either');
      if (said) await workbench.waitForTerminal(said);
    }
    await workbench.message(failed(1));
    await workbench.answerMessage('sudo did not let you in', 'Try Again');
    await givePassword(user.password);
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('ip -brief address\n');
    await workbench.waitForTerminal(new RegExp(address.replaceAll('.', '\\.')));
    await workbench.screenshot('way-4-then-the-right-one');
  });

  it("enters a sandbox of the user's own without any password", async () => {
    await showOnly(OWN);
    await workbench.contextMenu(OWN, 'Open Terminal in Network Namespace');
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('ip -brief link | wc -l; cat /proc/self/uid_map\n');
    // Root in there is the user out here.
    const text = await workbench.waitForTerminal(new RegExp(`^1\n +0 +${user.uid} +1$`, 'm'));
    assert.doesNotMatch(text, /password/);
  });

  it("enters the user's own rootless Podman container without any password, and runs a task in its pod", async function () {
    try {
      scene.undo(await startRootlessPodman(user, { pod: POD, name: IN_POD }));
    } catch (error) {
      skipWithout(this, 'rootless Podman', error);
    }
    await showOnly(IN_POD);
    await workbench.contextMenu(IN_POD, 'Open Terminal in Container');
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('id -u; cat /proc/1/cmdline; cat /proc/self/uid_map\n');
    // Root in there is the user out here, and its files are Podman's.
    const map = new RegExp(`^0\n/bin/sleep1000000 +0 +${user.uid} +1\n`, 'm');
    assert.doesNotMatch(await workbench.waitForTerminal(map), /password/);
    await workbench.screenshot('way-8-rootless-container-without-sudo');
    await workbench.runCommand('Terminal: Kill All Terminals');
    await workbench.runCommand('Tasks: Run Task');
    await workbench.pick('looks around in the pod');
    const said = await workbench.waitForTerminal(new RegExp(`^/bin/sleep1000000 +0 +${user.uid} +1$`, 'm'));
    assert.doesNotMatch(said, /password/);
  });

  it('offers the other namespaces of a container without a shell', async () => {
    await showOnly(SHELL_LESS);
    await workbench.contextMenu(SHELL_LESS, 'Open Terminal in Container');
    await givePassword(user.password);
    const message = `${SHELL_LESS} has no shell in its filesystem.`;
    await workbench.message(message);
    await workbench.message(failed(EXIT.noShell.code));
    await workbench.screenshot('way-3-container-without-a-shell');
    await workbench.answerMessage(message, 'Open My Own Shell in');
    const preview = await workbench.pickText('warning');
    assert.ok(preview.includes(`root in ${SHELL_LESS} can reach your files through your command`), preview);
    await workbench.pick('Open terminal');
    await givePassword(user.password);
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('tr "\\0" " " < /proc/1/cmdline; hostname; id -un\n');
    await workbench.waitForTerminal(new RegExp(`^/httpd -f -p 8080 [0-9a-f]{12}\n${user.name}$`, 'm'));
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.screenshot('way-3-own-shell-in-there');
  });

  it("shows what listens in a container's network, which nobody needs rights for", async () => {
    await showOnly(NET);
    await workbench.expand('Listening Ports');
    await workbench.row(/^\s*8080\s*tcp 0\.0\.0\.0/);
  });

  it("opens a terminal among the files of a sandbox of the user's own", async () => {
    await showOnly(OWN);
    await workbench.contextMenu(OWN, 'Open File Tree Root in Terminal');
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('pwd; id -un\n');
    await workbench.waitForTerminal(new RegExp(`^/proc/${ownPid}/root\n${user.name}$`, 'm'));
  });

  it("offers the container itself where only root may see a container's files", async () => {
    await showOnly(SHELL_LESS);
    await workbench.contextMenu(SHELL_LESS, 'Open File Tree Root in Terminal');
    await workbench.message(`Only root may see the files of ${SHELL_LESS}`);
    await workbench.screenshot('ways files that only root may see');
    assert.equal(await terminals(workbench), 0);
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it("shows a container's name as text in a message, though it is written like a link to a command", async () => {
    await showOnly(FILES_END);
    await workbench.contextMenu(FILES_END, 'Open File Tree Root in Terminal');
    const message = (await workbench.message(FILES_END)).locator('.notification-list-item-message');
    await workbench.screenshot('ways message with the name of a container');
    assert.equal(await message.locator('a').count(), 0);
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it("asks before root of the machine goes among a container's files, and opens nothing where that is refused", async () => {
    await showOnly(SHELL_LESS);
    await workbench.contextMenu(SHELL_LESS, 'Open Terminal with Preset');
    await workbench.pick('Everything, as root');
    await workbench.pick('As root');
    const question = workbench.page.locator('.monaco-dialog-box');
    await question.getByText(`Enter the files of ${SHELL_LESS} as root of this machine?`).waitFor();
    await question.getByText('it can do anything to this machine').waitFor();
    await workbench.screenshot('ways question before root');
    await question.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await question.waitFor({ state: 'hidden' });
    // By when this has run, a terminal would have been there.
    await workbench.runCommand('Namespaces: Refresh');
    assert.equal(await terminals(workbench), 0);
  });

  it('opens nothing and says nothing where the terminal profile is chosen and then left', async () => {
    await workbench.runCommand('Create New Terminal (With Profile)');
    await workbench.pickWith('Namespace Shell…');
    await workbench.pickText(NET);
    await workbench.page.keyboard.press('Escape');
    // By when this has run, a message would have been there.
    await workbench.runCommand('Namespaces: Refresh');
    assert.equal(await workbench.page.locator('.notification-list-item').count(), 0);
    assert.equal(await terminals(workbench), 0);
  });

  it('opens a terminal in new namespaces, without any password', async () => {
    await workbench.runCommand('Namespaces: Open Terminal in New Namespaces…');
    await workbench.pickText('hostname and domain name');
    await workbench.screenshot('ways types of new namespaces');
    await workbench.page.keyboard.press('Enter');
    await workbench.waitForTerminal(/#$/);
    await workbench.type('ip -brief link | wc -l; id -u\n');
    await workbench.waitForTerminal(/^1\n0$/m);
    await workbench.screenshot('way-10-new-namespaces');
  });

  it('has kept by now, as the user, what V8 made of the helper’s program', async () => {
    const kept = await waitFor('the code', () =>
      readdirSync(workbench.extensions, { recursive: true, encoding: 'utf8' }).find((name) =>
        /\/dist\/enterVerb\.js.*\.code$/.test(name),
      ),
    );
    assert.match(kept, /linux-namespaces[^/]*\/dist\/enterVerb\.js\.[0-9][^/]*\.code$/);
    const { uid, mode } = statSync(join(workbench.extensions, kept));
    assert.deepEqual([uid, mode & 0o777], [user.uid, 0o644]);
  });
});
