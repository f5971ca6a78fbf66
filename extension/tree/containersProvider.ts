// The view "Containers": the nodes with checkboxes for the selection, a badge, and a word where there is something to say.
import { commands, l10n, type Memento, type TreeItem, TreeItemCheckboxState } from 'vscode';
import type { Inventory } from '../discover/inventory';
import { CONTEXT_KEYS, VIEWS } from '../ids';
import type { Snapshot } from '../model/container';
import { plain } from '../model/text';
import type { Checked } from '../select/selection';
import { type Arrangement, USUAL_ARRANGEMENT } from './arrangement';
import { buildNodes } from './nodes';
import { NodesProvider } from './nodesProvider';
import { isJoinable, type TreeNode } from './rows';

/** Key of the memento: how a person likes to see the containers. */
const REMEMBERED = 'containers.arrangement';

export class ContainersProvider extends NodesProvider {
  #arrangement: Arrangement;
  readonly #checking: { dispose(): unknown };

  constructor(
    inventory: Inventory,
    private readonly checked: Checked,
    private readonly memory: Memento,
  ) {
    super(inventory, VIEWS.containers, { canSelectMany: true, manageCheckboxStateManually: true });
    this.#arrangement = { ...USUAL_ARRANGEMENT, ...memory.get<Partial<Arrangement>>(REMEMBERED), filter: '' };
    this.#checking = this.view.onDidChangeCheckboxState(({ items }) => {
      for (const [node, state] of items) {
        if (node.kind === 'namespace')
          this.checked.set(node.container.key, node.namespace.type, state === TreeItemCheckboxState.Checked);
      }
      this.checkedChanged();
    });
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
    this.#checking.dispose();
    super.dispose();
  }

  protected build(snapshot: Snapshot): TreeNode[] {
    return buildNodes(snapshot, this.#arrangement);
  }

  protected override show(): void {
    const { latest } = this.inventory;
    this.checked.prune(latest);
    super.show();
    const { length } = latest.containers;
    const nothing = length > 0 && this.getChildren().length === 0;
    this.view.message = [...latest.notes, ...(nothing ? [this.#noMatch()] : [])].join('\n');
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
