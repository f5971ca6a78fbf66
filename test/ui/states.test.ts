// What the views say where there is nothing to list: while they look, where nothing is found, where looking failed; and that
// the badge counts what is there. A stand-in for the helper says what a file holds, so that none of it depends on the machine.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { ScanDocument } from '../../helper/protocol';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import { waitFor } from '../support/run';
import type { Workbench } from '../support/workbench';
import { Scene } from './scene';

/** Says nothing before there is an answer; then each new answer, and the last one again where it is asked to look. */
const STAND_IN = `
  const { existsSync, readFileSync } = require('node:fs');
  const answer = __dirname + '/answer.json';
  let looks = 0;
  let last = '';
  const say = () => {
    const text = existsSync(answer) ? readFileSync(answer, 'utf8') : '';
    if (text === '' || text === last) return;
    last = text;
    const { document, failure } = JSON.parse(text);
    if (failure) {
      console.error(failure);
      process.exit(1);
    }
    console.log(JSON.stringify({ ...document, looks }));
  };
  setInterval(say, 100);
  process.stdin.on('end', () => process.exit(0)).on('data', (data) => {
    looks += String(data).split('look').length - 1;
    last = '';
    say();
  });
`;

describe('the views, by hand, where there is nothing to list', () => {
  const scene = new Scene('states');
  let workbench: Workbench;
  let dist: string;

  before(async () => {
    const user = await scene.user('none');
    workbench = await scene.editor({ user });
    const [installed = ''] = readdirSync(workbench.extensions).filter((name) => name.startsWith('linux-namespaces'));
    dist = join(workbench.extensions, installed, 'dist');
    writeFileSync(join(dist, 'helper.js'), STAND_IN);
    await workbench.openView('Namespaces');
    const other = workbench.page.locator('.part.sidebar .pane-header', { hasText: 'Namespaces' }).last();
    if ((await other.getAttribute('aria-expanded')) !== 'true') await other.click();
  });

  const answer = (given: { document: ScanDocument } | { failure: string }): void => {
    writeFileSync(join(dist, 'answer.json'), JSON.stringify(given));
  };
  const pane = (view: 'Containers' | 'Namespaces'): Locator =>
    workbench.page
      .locator('.part.sidebar .pane')
      .filter({ has: workbench.page.locator('.pane-header', { hasText: view }) })
      .last();
  const welcome = (view: 'Containers' | 'Namespaces'): Locator => pane(view).locator('.welcome-view-content');
  const buttons = async (view: 'Containers' | 'Namespaces'): Promise<string[]> =>
    welcome(view).locator('.monaco-button').allInnerTexts();

  it('says that it looks', async () => {
    for (const view of ['Containers', 'Namespaces'] as const)
      await welcome(view).getByText('Looking for containers and namespaces…').waitFor();
  });

  it('says what may be hidden where nothing is found, and offers to unlock', async () => {
    answer({ document: scanDocument() });
    await welcome('Containers').getByText('No process visible to you has namespaces of its own.').waitFor();
    await welcome('Containers').getByText('may be hidden from you').waitFor();
    assert.deepEqual(await buttons('Containers'), ['Refresh', 'Unlock']);
    for (const link of ['Diagnose', 'first steps']) await welcome('Containers').getByText(link).waitFor();
    await welcome('Namespaces').getByText('No namespace of this machine could be read.').waitFor();
  });

  it('counts in its badge what runs', async () => {
    const badge = workbench.page.locator('.part.activitybar .action-item', {
      has: workbench.page.locator('[aria-label^="Namespaces"]'),
    });
    for (const [count, says] of [
      [2, '2 containers running'],
      [1, '1 container running'],
    ] as const) {
      const containers = Array.from({ length: count }, (_, index) => scanned(1_000_000_000 + index));
      answer({ document: scanDocument({ containers }) });
      await badge.locator(`a[aria-label*="${says}"]`).waitFor();
      assert.equal(await badge.locator('.badge-content').innerText(), String(count));
    }
  });

  it('says that looking failed, and offers the log', async () => {
    answer({ failure: 'the helper is broken' });
    for (const view of ['Containers', 'Namespaces'] as const) {
      await welcome(view).getByText('This machine could not be scanned').waitFor();
      assert.deepEqual(await buttons(view), ['Refresh', 'Show Log', 'Unlock']);
    }
    await pane('Containers').locator('.pane-header', { hasText: 'the helper is broken' }).waitFor();
    await welcome('Containers').getByText('Show Log').click();
    const channel = workbench.page.locator('.part.panel select option:checked', { hasText: 'Linux Namespaces' });
    await channel.first().waitFor({ state: 'attached' });
  });

  it('lists what is there as soon as looking works again', async () => {
    answer({ document: scanDocument({ containers: [scanned(1_000_000_000, { name: 'again' })] }) });
    await waitFor('the row', async () => {
      await workbench.runCommand('Namespaces: Refresh');
      return workbench.page.locator('.part.sidebar [role="treeitem"]', { hasText: 'again' }).isVisible();
    });
    assert.equal(await welcome('Containers').isVisible(), false);
  });
});
