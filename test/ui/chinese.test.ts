// The extension in Simplified Chinese, in an editor whose display language that is: the view, its buttons, the walkthrough
// and the page of "Diagnose". That no translation is missing is a unit test's.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startSandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { openWorkbench, type Workbench } from '../support/workbench';

const NAME = `zh-${randomBytes(3).toString('hex')}`;

describe('in Chinese, by hand', () => {
  const undo: (() => Promise<void>)[] = [];
  let workbench: Workbench;

  before(async () => {
    const user = await makeUser('none');
    undo.push(() => user.remove());
    const sandbox = await startSandbox({ name: NAME, types: ['net'] });
    undo.push(() => sandbox.stop());
    const folder = join(user.home, 'project');
    mkdirSync(folder);
    chownSync(folder, user.uid, user.gid);
    workbench = await openWorkbench({
      user,
      vsix: need('NAMESPACES_TEST_VSIX'),
      artifacts: need('NAMESPACES_TEST_ARTIFACTS'),
      folder,
      language: 'zh-cn',
    });
    undo.push(workbench.close);
  });

  after(async () => {
    for (const step of undo.reverse()) await step();
  });

  afterEach(async function () {
    await workbench.screenshot(`chinese ${this.currentTest?.state ?? 'unknown'} ${this.currentTest?.title ?? ''}`);
  });

  it('has the view, with its buttons and rows', async () => {
    await workbench.openView('命名空间');
    await workbench.runCommand('命名空间: 筛选容器…');
    await workbench.answer(NAME);
    await workbench.expand(NAME);
    await workbench.row(/^\s*net已锁定/);
    const bar = workbench.page.locator('.part.sidebar .pane-header', { hasText: '容器' });
    await bar.hover();
    await bar.locator('.action-label[aria-label^="刷新"]').waitFor();
  });

  it('has the page of "Diagnose"', async () => {
    await workbench.runCommand('命名空间: 诊断');
    const page = workbench.page.locator('.editor-instance .view-lines', { hasText: 'namespace-types' });
    await page.waitFor();
    assert.match(await page.innerText(), /[\u4e00-\u9fff]{4}/);
  });

  it('has the walkthrough', async () => {
    await workbench.runCommand('Welcome: Open Walkthrough...');
    await workbench.pick('Linux Namespaces 入门');
    await workbench.page.locator('.gettingStartedContainer', { hasText: '查看每个容器和命名空间' }).waitFor();
  });
});

function need(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run these tests by npm test`);
  return value;
}
