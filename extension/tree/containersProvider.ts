// The view "Containers": the nodes with checkboxes for the selection, a badge, and a word where there is something to say.
import { commands, l10n, type Memento, type TreeItem, TreeItemCheckboxState } from 'vscode';
import type { Inventory } from '../discover/inventory';
import { CONTEXT_KEYS, VIEWS } from '../ids';
import { readPorts } from '../inspect/ports';
import type { Snapshot } from '../model/container';
import { plain } from '../model/text';
import type { Checked } from '../select/selection';
import type { Work } from '../shared/slices';
import { type Arrangement, USUAL_ARRANGEMENT } from './arrangement';
import { buildNodes, type MadeRows } from './nodes';
import { NodesProvider } from './nodesProvider';
import { OpenPorts } from './openPorts';
import { isJoinable, type TreeNode } from './rows';

/** Key of the memento: how a person likes to see the containers. */
const REMEMBERED = 'containers.arrangement';

export class ContainersProvider extends NodesProvider {
  #arrangement: Arrangement;
  readonly #made: MadeRows = new WeakMap();
  readonly #ports = new OpenPorts(readPorts, () => {
    this.showSoon();
  });
  readonly #listening: { dispose(): unknown }[];

  constructor(
    inventory: Inventory,
    private readonly checked: Checked,
    private readonly memory: Memento,
  ) {
    super(inventory, VIEWS.containers, { canSelectMany: true, manageCheckboxStateManually: true });
    this.#arrangement = { ...USUAL_ARRANGEMENT, ...memory.get<Partial<Arrangement>>(REMEMBERED), filter: '' };
    this.#listening = [
      this.view.onDidChangeCheckboxState(({ items }) => {
        for (const [node, state] of items) {
          if (node.kind === 'namespace')
            this.checked.set(node.container.key, node.namespace.type, state === TreeItemCheckboxState.Checked);
        }
        this.checkedChanged();
      }),
      this.view.onDidExpandElement(({ element }) => {
        const node = this.now(element);
        if (node.kind === 'ports') void this.#ports.open(node.container);
      }),
      this.view.onDidCollapseElement(({ element }) => {
        if (element.kind === 'ports') this.#ports.close(element.container);
      }),
      inventory.onDidChange((snapshot) => {
        this.#tell(snapshot);
        void this.readPorts();
      }),
    ];
  }

  /** Looks again at the ports whose rows are open: what listens may change while all processes stay. */
  readPorts(): Promise<void> {
    return this.#ports.refresh(this.inventory.latest.containers);
  }

  get arrangement(): Arrangement {
    return this.#arrangement;
  }

  /** The filter is for now; the rest is remembered. */
  async arrange(change: Partial<Arrangement>): Promise<void> {
    this.#arrangement = { ...this.#arrangement, ...change };
    const { groupBy, sortBy, filter } = this.#arrangement;
    this.view.description = filter === '' ? '' : l10n.t('with "{0}"', plain(filter, 40));
    void commands.executeCommand('setContext', CONTEXT_KEYS.filtered, filter !== '');
    this.show();
    await this.memory.update(REMEMBERED, { groupBy, sortBy });
  }

  override getTreeItem(given: TreeNode): TreeItem {
    const item = super.getTreeItem(given);
    const node = this.now(given);
    if (node.kind === 'namespace' && isJoinable(node.namespace)) {
      item.checkboxState = this.checked.has(node.container.key, node.namespace.type)
        ? TreeItemCheckboxState.Checked
        : TreeItemCheckboxState.Unchecked;
    }
    return item;
  }

  /** Draws the checkboxes anew: checking one may have unchecked another of its type. */
  checkedChanged(): void {
    void commands.executeCommand('setContext', CONTEXT_KEYS.anyChecked, this.checked.size > 0);
    this.draw(({ kind }) => kind === 'namespace');
  }

  override dispose(): void {
    for (const listener of this.#listening) listener.dispose();
    super.dispose();
  }

  /** So VS Code shows that it waits, and then the ports, rather than a row that says so and is soon another. */
  protected override async beforeOpen(node: TreeNode): Promise<void> {
    if (node.kind !== 'ports') return;
    await this.#ports.open(node.container);
    await this.catchUp();
  }

  protected build(snapshot: Snapshot): Work<TreeNode[]> {
    return buildNodes(snapshot, this.#arrangement, this.#ports.known, this.#made);
  }

  protected override shown({ containers, notes }: Snapshot, nodes: readonly TreeNode[]): void {
    const nothing = containers.length > 0 && nodes.length === 0;
    this.view.message = [...notes, ...(nothing ? [this.#noMatch()] : [])].join('\n');
  }

  /** What is told also while nobody sees the rows. */
  #tell(snapshot: Snapshot): void {
    this.checked.prune(snapshot);
    const { length } = snapshot.containers;
    this.view.badge = length === 0 ? undefined : { value: length, tooltip: l10n.t('{0} containers', length) };
    void commands.executeCommand('setContext', CONTEXT_KEYS.scanned, true);
    void commands.executeCommand('setContext', CONTEXT_KEYS.anyChecked, this.checked.size > 0);
  }

  #noMatch(): string {
    return l10n.t(
      'None of the containers has "{0}" in its name, image, project or engine.',
      plain(this.#arrangement.filter, 40),
    );
  }
}
