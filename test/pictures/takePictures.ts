// Takes the README's pictures from the real thing: the packed extension in an editor in a browser, among containers that
// machine.ts starts. Started by scripts/pictures.mjs as root in namespaces of its own.
// Usage: takePictures.js VSIX FOLDER-FOR-PICTURES FOLDER-FOR-LOGS
import { dirname, join } from 'node:path';
import { pinnedCodeServer } from '../../scripts/lib/codeServer.mjs';
import { waitFor } from '../support/run';
import type { TestUser } from '../support/users';
import { NET_ROW, openWorkbench, type Workbench } from '../support/workbench';
import { makeMachine, type Machine } from './machine';

/** More than one pixel of the picture for one of the page, so that the text is still sharp where a page scales it. */
const SCREEN = { width: 1200, height: 750, deviceScaleFactor: 1.4 };
const SIDE_BAR_WIDTH = 400;
/** Nobody waits for these; the machine may have other things to do. */
const PATIENCE_MS = 120_000;

const [vsix = '', pictures = '', artifacts = ''] = process.argv.slice(2);

/** What has to be taken away again, the last first. */
const undo: (() => Promise<unknown>)[] = [];

async function main(): Promise<void> {
  const machine = await makeMachine(undo);
  const workbench = await openEditor(machine);
  undo.push(workbench.close);
  await takeAll(workbench, machine.user).catch(async (error: unknown) => {
    await workbench.screenshot('failed');
    throw error;
  });
}

async function undoAll(): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

async function takeAll(workbench: Workbench, user: TestUser): Promise<void> {
  await workbench.openView('Namespaces');
  await widenSideBar(workbench);
  await workbench.expand('shop-web-1');

  await pictureUnlock(workbench, user);
  await pictureTerminal(workbench, user);
  await picturePreview(workbench);
  await pictureTask(workbench, user);
}

function openEditor({ user, docker, folder }: Machine): Promise<Workbench> {
  // The editor brings a Node, and the test in the workspace is run by one.
  const PATH = `${dirname(pinnedCodeServer()[0] ?? '')}:${user.env['PATH'] ?? ''}`;
  return openWorkbench({
    user: { ...user, env: { ...user.env, PATH } },
    vsix,
    artifacts,
    folder,
    screen: SCREEN,
    settings: {
      'namespaces.docker.host': `unix://${docker.socket}`,
      'workbench.colorTheme': 'Default Dark Modern',
      'workbench.layoutControl.enabled': false,
      'window.commandCenter': false,
      'window.menuBarVisibility': 'hidden',
      'editor.minimap.enabled': false,
      'breadcrumbs.enabled': false,
      'terminal.integrated.fontSize': 13,
    },
  });
}

async function widenSideBar({ page }: Workbench): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (!box) throw new Error('there is no side bar');
  const [edge, middle] = [box.x + box.width, box.y + box.height / 2];
  await page.mouse.move(edge, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + SIDE_BAR_WIDTH, middle, { steps: 5 });
  await page.mouse.up();
}

/** Locked rows, and the question for the password above them; then the same rows unlocked, for the pictures to come. */
async function pictureUnlock(workbench: Workbench, user: TestUser): Promise<void> {
  await workbench.row(/^\s*net\s*locked/);
  await workbench.runCommand('Namespaces: Unlock');
  const input = workbench.page.locator('.quick-input-widget:visible input[type="password"]');
  await input.waitFor();
  await input.fill('********');
  await take(workbench, 'unlock');
  await input.fill(user.password);
  await input.press('Enter');
  await workbench.row(/^\s*net\s*net:\[\d+/);
}

async function pictureTerminal(workbench: Workbench, user: TestUser): Promise<void> {
  await openFile(workbench, 'test.mjs');
  await workbench.expand('Listening Ports');
  await workbench.row(/^\s*8080/);
  await workbench.clickInline(NET_ROW, 'Open Terminal in Network Namespace');
  await givePassword(workbench, user);
  await workbench.waitForTerminal(/\$$/, PATIENCE_MS);
  await workbench.type('ip -brief address; id -un; curl http://127.0.0.1:8080\n');
  await workbench.waitForTerminal(/hello from inside[^]*\$$/, PATIENCE_MS);
  await take(workbench, 'terminal');
  await toggle(workbench, 'Listening Ports');
  await workbench.runCommand('Terminal: Kill All Terminals');
}

/** The network of one container and the hostname of another. */
async function picturePreview(workbench: Workbench): Promise<void> {
  // Closed, so that the first row of this type is the other one's.
  await toggle(workbench, 'shop-web-1');
  await workbench.expand('nightly-build');
  await workbench.check(/^\s*utsuts:\[/);
  await toggle(workbench, 'shop-web-1');
  await workbench.check(NET_ROW);
  await workbench.runCommand('Namespaces: Open Terminal in Selected Namespaces');
  // The mouse, left where it chose the command, would bring up a hint of the preview's input box, which then stays.
  await restMouse(workbench);
  await workbench.pickText('you keep');
  await take(workbench, 'preview');
  await workbench.page.keyboard.press('Escape');
  // It has no part in the next picture.
  await workbench.runCommand('Namespaces: Clear Selection');
}

async function toggle(workbench: Workbench, name: string): Promise<void> {
  await (await workbench.row(name)).locator('.monaco-tl-twistie').click();
}

/** Its definition above, what it found below. */
async function pictureTask(workbench: Workbench, user: TestUser): Promise<void> {
  await openFile(workbench, 'tasks.json');
  await workbench.runCommand('Tasks: Run Task');
  await workbench.pick('test against web');
  await givePassword(workbench, user);
  await workbench.waitForTerminal(/prices[^]*Terminal will be reused/, PATIENCE_MS);
  await workbench.runCommand('Problems: Focus on Problems View');
  await workbench.page.locator('.markers-panel .monaco-list-row', { hasText: 'prices: 404' }).first().waitFor();
  await take(workbench, 'task');
}

async function givePassword(workbench: Workbench, user: TestUser): Promise<void> {
  await workbench.waitForTerminal(/password for[^]*: ?$/, PATIENCE_MS);
  await workbench.type(`${user.password}\n`);
}

async function openFile(workbench: Workbench, name: string): Promise<void> {
  const { page } = workbench;
  await page.keyboard.press('Control+P');
  await page.locator('.quick-input-widget:visible input.input').fill(name);
  await workbench.pickWith(name);
  await page.locator('.tab.active', { hasText: name }).waitFor();
  await page.locator('.editor-instance .view-line').nth(5).waitFor();
}

async function restMouse({ page }: Workbench): Promise<void> {
  await page.mouse.move(SCREEN.width - 2, SCREEN.height / 2, { steps: 5 });
}

/** Without the mouse's hover, and once nothing is announced or under way any more. */
async function take(workbench: Workbench, name: string): Promise<void> {
  const { page } = workbench;
  await restMouse(workbench);
  for (const what of ['.notifications-toasts.visible', '.workbench-hover', '.part.statusbar .codicon-loading']) {
    await waitFor(`${what} to go`, async () => !(await page.locator(what).first().isVisible()), PATIENCE_MS);
  }
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled', caret: 'hide' });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // What is under way fails for want of what it stands on, and takes away its own.
  process.on(signal, () => void undoAll().catch(console.error));
}
main()
  .finally(undoAll)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
