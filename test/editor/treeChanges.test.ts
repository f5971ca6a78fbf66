// What VS Code is told of when the machine changes: each change once, and of the rows that it changed alone. What a person has
// selected and checked stays.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { VIEWS } from '../../extension/ids';
import type { Container } from '../../extension/model/container';
import type { NamespaceNode, TreeNode } from '../../extension/tree/rows';
import { waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { activate, type Api, containerRow, namespaceRows } from './support';

const TAG = `changes-${randomBytes(3).toString('hex')}`;
/** So long without news, the machine rests. */
const QUIET_MS = 1_500;

describe('the tree in the extension host, while the machine changes', () => {
  const sandboxes: Sandbox[] = [];
  let api: Api;
  let net: NamespaceNode;
  before(async () => {
    sandboxes.push(await startSandbox({ name: `${TAG}-stays`, types: ['net', 'uts'] }));
    api = await activate();
    await vscode.commands.executeCommand(`${VIEWS.containers}.focus`);
    const row = await containerRow(api, `${TAG}-stays`);
    const found = namespaceRows(row).find(({ label }) => label === 'net');
    assert.ok(found);
    net = found;
  });
  after(async () => {
    api.provider.clearChecked();
    for (const sandbox of sandboxes) await sandbox.stop();
    await vscode.commands.executeCommand('workbench.view.explorer');
  });

  const shown = (name: string): boolean => api.inventory.latest.containers.some((container) => container.name === name);
  const checkbox = (): vscode.TreeItemCheckboxState | undefined => {
    const { checkboxState } = api.provider.getTreeItem(net);
    return typeof checkboxState === 'object' ? checkboxState.state : checkboxState;
  };

  it('is drawn once for each change, in the rows that it changed, and keeps what is selected and checked', async () => {
    assert.ok(await api.provider.reveal(net.id));
    await waitFor('the row to be selected', () => api.provider.selection.some(({ id }) => id === net.id));
    api.provider.toggleChecked();
    assert.equal(checkbox(), vscode.TreeItemCheckboxState.Checked);

    const pictures: (readonly Container[])[] = [];
    const drawn: (TreeNode[] | undefined)[] = [];
    const listening = [
      api.inventory.onDidChange(({ containers }) => pictures.push(containers)),
      api.provider.onDidChangeTreeData((rows) => drawn.push(rows)),
    ];
    const rests = (): Promise<boolean> =>
      waitFor('the machine to rest', async () => {
        const before = pictures.length;
        await sleep(QUIET_MS);
        return pictures.length === before;
      });
    try {
      await rests();
      for (const [what, change] of [
        ['starts', async () => void sandboxes.push(await startSandbox({ name: `${TAG}-goes`, types: ['net'] }))],
        ['ends', () => sandboxes.pop()?.stop()],
      ] as const) {
        pictures.splice(0, Infinity, api.inventory.latest.containers);
        drawn.length = 0;
        await change();
        await waitFor(
          `what ${what} to be seen`,
          () => drawn.length > 0 && shown(`${TAG}-goes`) === (what === 'starts'),
        );
        await rests();
        const changes = pictures.length - 1;
        assert.ok(drawn.length <= changes, `told ${drawn.length} times of ${changes} changes`);
        const ids = drawn.flatMap((rows) => rows?.map(({ id }) => id) ?? ['all']);
        const changed = changedIn(pictures);
        assert.deepEqual(
          ids.filter((id) => !changed.has(id)),
          [],
          what,
        );
        assert.ok(ids.includes('engine/sandbox') || changed.has('all'), ids.join());
        assert.ok(!ids.includes(net.container.key), 'the other one is left alone');
        assert.ok(
          api.provider.selection.some(({ id }) => id === net.id),
          'it is selected still',
        );
        assert.equal(checkbox(), vscode.TreeItemCheckboxState.Checked);
      }
    } finally {
      for (const each of listening) each.dispose();
    }
  });
});

/**
 * Ids of the rows that these pictures differ in: of containers, of groups that have other members, or `all` where there are
 * other groups. Something else may have come or gone on the machine meanwhile.
 */
function changedIn(pictures: readonly (readonly Container[])[]): Set<string> {
  const changed = new Set<string>();
  for (const [at, after] of pictures.entries()) {
    const before = pictures[at - 1] ?? after;
    const engines = (containers: readonly Container[]): string[] => [
      ...new Set(containers.map(({ engine }) => engine)),
    ];
    const members = (containers: readonly Container[], of: string): string =>
      String(containers.flatMap(({ engine, key }) => (engine === of ? [key] : [])));
    if (String(engines(before)) !== String(engines(after))) changed.add('all');
    for (const engine of engines(after)) {
      if (members(before, engine) !== members(after, engine)) changed.add(`engine/${engine}`);
    }
    for (const container of after) if (!before.includes(container)) changed.add(container.key);
  }
  return changed;
}
