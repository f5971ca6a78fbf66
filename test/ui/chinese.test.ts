// The extension in Simplified Chinese, in an editor whose display language that is: the view, its buttons, the walkthrough
// and the page of "Diagnose". That no translation is missing is a unit test's.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Workbench } from '../support/workbench';
import { Scene } from './scene';

const NAME = `zh-${randomBytes(3).toString('hex')}`;

describe('in Chinese, by hand', () => {
  const scene = new Scene('chinese');
  let workbench: Workbench;

  before(async () => {
    const user = await scene.user('none');
    await scene.sandbox({ name: NAME, types: ['net'] });
    workbench = await scene.editor({ user, language: 'zh-cn' });
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
