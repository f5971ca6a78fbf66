// What every row of both views looks like to VS Code: its icon, its words for a screen reader, its checkbox, what dims it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { HostDecorationProvider } from '../../extension/tree/hostDecorationProvider';
import { DISPLAY_ORDER } from '../../extension/shared/typeTexts';
import { type ContainerNode, namespaceNode, type TreeNode } from '../../extension/tree/rows';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { activate, type Api, containerRow, namespaceRows } from './support';

const NAME = `rows-${randomBytes(3).toString('hex')}`;
const SERVER = "require('node:net').createServer().listen(8080, '127.0.0.1')";

interface Provider {
  getChildren(node?: TreeNode): Promise<TreeNode[]>;
  getTreeItem(node: TreeNode): vscode.TreeItem;
  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem;
}

/** Every row, each opened as VS Code does when a person opens it. */
async function allRows(provider: Provider, above?: TreeNode): Promise<TreeNode[]> {
  const rows: TreeNode[] = [];
  for (const row of await provider.getChildren(above)) rows.push(row, ...(await allRows(provider, row)));
  return rows;
}

const iconOf = ({ iconPath }: vscode.TreeItem): string => {
  assert.ok(iconPath instanceof vscode.ThemeIcon);
  return iconPath.id;
};

describe('the rows of the views in the extension host', () => {
  let sandbox: Sandbox;
  let api: Api;
  let container: ContainerNode;

  before(async () => {
    const command = [process.execPath, '-e', SERVER];
    sandbox = await startSandbox({ name: NAME, types: ['net', 'uts'], address: '10.79.0.11/24', command });
    api = await activate();
    container = await containerRow(api, NAME);
  });
  after(() => sandbox.stop());

  for (const view of ['provider', 'namespacesProvider'] as const) {
    it(`of the ${view} each have an icon, a tooltip and words for a screen reader`, async () => {
      const provider = api[view];
      const rows = await allRows(provider);
      assert.ok(rows.length > 10, `only ${rows.length} rows`);
      for (const row of rows) {
        const item = provider.getTreeItem(row);
        assert.notEqual(iconOf(item), '', row.id);
        assert.equal(item.tooltip, undefined, `the tooltip of ${row.id} is made before anybody wants it`);
        assert.ok(provider.resolveTreeItem(item, row).tooltip, `${row.id} has no tooltip`);
        const spoken = item.accessibilityInformation?.label ?? '';
        assert.match(spoken, /\p{L}{2}/u, `${row.id} says “${spoken}”`);
      }
      const ids = rows.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, 'an id is there twice');
    });
  }

  it('are all told to VS Code at once, but for the last: VS Code makes its own of them in a turn in which nothing of ours is', async () => {
    for (const provider of [api.provider, api.namespacesProvider]) {
      const rows = await provider.getChildren();
      const told = rows.map((row) => provider.answer(row));
      const last = told.pop();
      assert.ok(last instanceof Promise);
      assert.ok(
        told.every((item) => item instanceof vscode.TreeItem),
        'VS Code waits for more than one',
      );
      let turns = 0;
      setImmediate(() => turns++);
      assert.ok((await last) instanceof vscode.TreeItem);
      assert.equal(turns, 1, 'it is told in the turn in which it was asked');
      const [row] = rows.slice(-1);
      assert.ok(row && provider.answer(row) instanceof vscode.TreeItem, 'one that is asked alone waits');
    }
  });

  it('have an icon of its own for each type of namespace, and a lock where it may not be read', () => {
    const icons = namespaceRows(container).map((row) => iconOf(api.provider.getTreeItem(row)));
    assert.equal(new Set(icons).size, DISPLAY_ORDER.length, icons.join(', '));
    const net = container.container.namespaces.find(({ type }) => type === 'net');
    assert.ok(net);
    // The view has no such row for root: this one is in no picture.
    const elsewhere = { ...container.container, key: 'nowhere' };
    const locked = namespaceNode(elsewhere, { ...net, inode: null });
    assert.equal(iconOf(api.provider.getTreeItem(locked)), 'lock');
    assert.ok(!icons.includes('lock'));
  });

  it('have a checkbox with a name where there is something to select', () => {
    for (const row of namespaceRows(container)) {
      const { checkboxState } = api.provider.getTreeItem(row);
      if (row.namespace.host) {
        assert.equal(checkboxState, undefined, row.label);
        continue;
      }
      assert.ok(typeof checkboxState === 'object', row.label);
      const noun = row.label === 'net' ? 'network' : 'hostname';
      assert.equal(checkboxState.state, vscode.TreeItemCheckboxState.Unchecked);
      assert.equal(checkboxState.accessibilityInformation?.label, `${noun} of ${NAME}`);
      assert.equal(checkboxState.tooltip, `Select ${noun} of ${NAME}`);
    }
  });

  it('are dimmed where they are the machine’s own, and no other', () => {
    const decorations = new HostDecorationProvider();
    for (const row of namespaceRows(container)) {
      const { resourceUri } = api.provider.getTreeItem(row);
      const decoration = resourceUri && decorations.provideFileDecoration(resourceUri);
      assert.equal(decoration?.color instanceof vscode.ThemeColor, row.namespace.host, row.label);
      assert.equal(decoration?.tooltip, row.namespace.host ? "this machine's own" : undefined);
    }
    assert.equal(decorations.provideFileDecoration(vscode.Uri.file('/host/net')), undefined);
  });
});
