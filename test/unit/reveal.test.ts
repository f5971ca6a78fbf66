// A row is revealed whatever VS Code asks for meanwhile. Something stands in for the oldest one here, and asks at every moment
// there is; a real one, as in test/editor, asks when it likes.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inventory, type Source } from '../../extension/discover/inventory';
import { Checked } from '../../extension/select/selection';
import type { NodesProvider } from '../../extension/tree/nodesProvider';
import type { TreeNode } from '../../extension/tree/rows';
import type { ViewProvider } from '../../extension/tree/viewProvider';
import * as standIn from '../bench/host/vscodeStandIn';
import { makeContainer, snapshotOf } from './containerFixture';

/** So many that they are made in several turns. */
const CONTAINERS = 200;
const LAST = `docker:c${CONTAINERS - 1}`;

interface Loader {
  _load: (request: string, ...others: unknown[]) => unknown;
}

/** As `ExtHostTreeView` of 1.105: asked for the same rows twice at a time, it asks for them twice, and takes none that it has. */
class OldestVsCode {
  readonly revealed: string[] = [];
  readonly #known = new Set<string>();
  readonly #below = new Map<string | undefined, TreeNode[]>();

  constructor(private readonly view: ViewProvider) {
    Object.assign(view.tree, { reveal: (row: TreeNode) => this.#reveal(row) });
  }

  async rowsBelow(above?: TreeNode): Promise<TreeNode[]> {
    const before = this.#below.get(above?.id);
    if (before) return before;
    const rows = await this.view.getChildren(above);
    await Promise.all(rows.map(async (row) => this.view.getTreeItem(row)));
    for (const { id } of rows) {
      assert.ok(!this.#known.has(id), `Element with id ${id} is already registered`);
      this.#known.add(id);
    }
    this.#below.set(above?.id, rows);
    return rows;
  }

  async #reveal(row: TreeNode): Promise<void> {
    await this.#find(row);
    this.revealed.push(row.id);
  }

  async #find(row: TreeNode): Promise<void> {
    if (this.#known.has(row.id)) return;
    const parent = await this.view.getParent(row);
    if (parent) await this.#find(parent);
    const rows = await this.rowsBelow(parent);
    assert.ok(rows.includes(row), `Cannot resolve tree item for element ${row.id}`);
  }
}

describe('a row that is revealed', () => {
  const loader = createRequire(__filename)('node:module') as Loader;
  const load = loader._load;
  before(() => {
    loader._load = (request, ...others) => (request === 'vscode' ? standIn : load(request, ...others));
  });
  after(() => {
    loader._load = load;
  });

  const containers = Array.from({ length: CONTAINERS }, (_, at) => makeContainer(`c${at}`, { net: 1 + at }));
  const source: Source = {
    look: () => Promise.resolve(snapshotOf(...containers)),
    start: () => undefined,
    stop: () => undefined,
  };

  async function open(): Promise<{ vscode: OldestVsCode; provider: NodesProvider }> {
    const { ContainersProvider } = await import('../../extension/tree/containersProvider');
    const { ViewProvider } = await import('../../extension/tree/viewProvider');
    const memory = { keys: () => [], get: () => undefined, update: () => Promise.resolve() };
    const inventory = new Inventory(source);
    const view = new ViewProvider('', () => Promise.resolve(provider));
    const provider: NodesProvider = new ContainersProvider(inventory, view, new Checked(), memory);
    await inventory.refresh();
    await provider.catchUp();
    return { vscode: new OldestVsCode(view), provider };
  }

  /** VS Code's window asks for the engines, and once it has drawn them, for what is below; so many turns later each. */
  async function isRevealedBefore(engines: number, below: number): Promise<boolean> {
    const { vscode, provider } = await open();
    const window = async (): Promise<TreeNode[]> => {
      await turnsLater(engines);
      const [engine] = await vscode.rowsBelow();
      await turnsLater(below);
      early = vscode.revealed.length > 0;
      return vscode.rowsBelow(engine);
    };
    let early = false;
    const drawn = window();
    assert.ok(await provider.reveal(LAST));
    assert.deepEqual(vscode.revealed, [LAST]);
    assert.equal((await drawn).length, CONTAINERS);
    return early;
  }

  it('is there at whatever moment VS Code’s window asks for the first rows, and the window has them all', async () => {
    for (let turns = 0; !(await isRevealedBefore(turns, 0)); turns++);
  });

  it('is there at whatever moment VS Code’s window asks for the rows on the way, and the window has them all', async () => {
    for (let turns = 0; !(await isRevealedBefore(0, turns)); turns++);
  });
});

async function turnsLater(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}
