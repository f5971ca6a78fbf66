// The view "Containers": nodes to TreeItems, checkboxes to the selection. Looks at the machine only while it is seen.
import {
  type Disposable,
  EventEmitter,
  ThemeIcon,
  TreeItem,
  TreeItemCheckboxState,
  TreeItemCollapsibleState,
  type TreeDataProvider,
  type TreeView,
  commands,
  window,
} from 'vscode';
import type { Inventory } from '../discover/inventory';
import { CONTEXT_KEYS, VIEWS } from '../ids';
import type { Checked } from '../select/selection';
import { buildNodes, isJoinable, type TreeNode } from './nodes';

const ICONS: Record<string, string> = {
  engine: 'server',
  project: 'layers',
  container: 'vm',
  net: 'globe',
  mnt: 'folder',
  pid: 'list-tree',
  uts: 'tag',
  ipc: 'mail',
  user: 'account',
  cgroup: 'dashboard',
  time: 'clock',
};

export class ContainersProvider implements TreeDataProvider<TreeNode>, Disposable {
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: TreeView<TreeNode>;
  readonly #disposables: { dispose(): unknown }[];
  #nodes: readonly TreeNode[] = [];

  constructor(
    private readonly inventory: Inventory,
    private readonly checked: Checked,
    onRefreshFailed: (error: unknown) => void,
  ) {
    this.#view = window.createTreeView(VIEWS.containers, {
      treeDataProvider: this,
      canSelectMany: true,
      manageCheckboxStateManually: true,
      showCollapseAll: true,
    });
    this.#disposables = [
      this.#view,
      this.#changed,
      inventory.onDidChange(() => {
        this.#show();
      }),
      this.#view.onDidChangeVisibility(({ visible }) => {
        if (visible) inventory.refresh().catch(onRefreshFailed);
      }),
      this.#view.onDidChangeCheckboxState(({ items }) => {
        for (const [node, state] of items) {
          if (node.kind === 'namespace') this.#check(node.container.key, node.namespace.type, state);
        }
        this.checkedChanged();
      }),
    ];
    if (this.#view.visible) inventory.refresh().catch(onRefreshFailed);
  }

  /** What is selected in the view, as rows. */
  get selection(): readonly TreeNode[] {
    return this.#view.selection;
  }

  getChildren(node?: TreeNode): TreeNode[] {
    return [...(node ? node.children : this.#nodes)];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    const find = (nodes: readonly TreeNode[]): TreeNode | undefined => {
      for (const candidate of nodes) {
        if (candidate.children.some((child) => child.id === node.id)) return candidate;
        const deeper = find(candidate.children);
        if (deeper) return deeper;
      }
      return undefined;
    };
    return find(this.#nodes);
  }

  getTreeItem(node: TreeNode): TreeItem {
    const item = new TreeItem(node.label, collapsible(node));
    item.id = node.id;
    item.description = node.description;
    item.tooltip = node.tooltip;
    item.contextValue = node.contextValue;
    item.iconPath = new ThemeIcon(iconOf(node));
    item.accessibilityInformation = { label: [node.label, node.description].filter((text) => text !== '').join(', ') };
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
    this.#changed.fire(undefined);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #check(containerKey: string, type: Parameters<Checked['has']>[1], state: TreeItemCheckboxState): void {
    this.checked.set(containerKey, type, state === TreeItemCheckboxState.Checked);
  }

  #show(): void {
    const snapshot = this.inventory.latest;
    this.checked.prune(snapshot);
    this.#nodes = buildNodes(snapshot);
    this.#view.message = snapshot.notes.join('\n');
    void commands.executeCommand('setContext', CONTEXT_KEYS.scanned, true);
    this.checkedChanged();
  }
}

function collapsible(node: TreeNode): TreeItemCollapsibleState {
  if (node.children.length === 0) return TreeItemCollapsibleState.None;
  return node.kind === 'group' ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

function iconOf(node: TreeNode): string {
  if (node.kind === 'namespace')
    return node.namespace.inode === null ? 'lock' : (ICONS[node.namespace.type] ?? 'symbol-namespace');
  return ICONS[node.kind === 'group' ? node.level : 'container'] ?? 'vm';
}
