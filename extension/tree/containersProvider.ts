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
import { changedNodes, indexNodes } from './diff';
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
  readonly #changed = new EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: TreeView<TreeNode>;
  readonly #disposables: { dispose(): unknown }[];
  /** Held while the view is seen. */
  #lease: { dispose(): void } | null = null;
  #nodes: readonly TreeNode[] = [];
  #current = new Map<string, TreeNode>();
  /** The objects that VS Code has been given: it knows rows by identity, and forgets a row that it is given anew. */
  readonly #given = new Map<string, TreeNode>();

  constructor(
    private readonly inventory: Inventory,
    private readonly checked: Checked,
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
        this.#follow(visible);
      }),
      this.#view.onDidChangeCheckboxState(({ items }) => {
        for (const [node, state] of items) {
          if (node.kind === 'namespace') this.#check(node.container.key, node.namespace.type, state);
        }
        this.checkedChanged();
      }),
    ];
    this.#follow(this.#view.visible);
  }

  /** What is selected in the view, as rows. */
  get selection(): readonly TreeNode[] {
    return this.#view.selection;
  }

  /** A row as it is now; it may have changed since VS Code was given it. */
  now(node: TreeNode): TreeNode {
    return this.#current.get(node.id) ?? node;
  }

  getChildren(node?: TreeNode): TreeNode[] {
    const children: readonly TreeNode[] = node ? this.now(node).children : this.#nodes;
    return children.map((child) => this.#givenOf(child));
  }

  getParent(node: TreeNode): TreeNode | undefined {
    const parent = [...this.#current.values()].find(({ children }) => children.some(({ id }) => id === node.id));
    return parent && this.#givenOf(parent);
  }

  getTreeItem(given: TreeNode): TreeItem {
    const node = this.now(given);
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
    this.#draw([...this.#current.values()].filter(({ kind }) => kind === 'namespace').map(({ id }) => id));
  }

  dispose(): void {
    this.#follow(false);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #follow(visible: boolean): void {
    if (visible) this.#lease ??= this.inventory.follow();
    else {
      this.#lease?.dispose();
      this.#lease = null;
    }
  }

  #check(containerKey: string, type: Parameters<Checked['has']>[1], state: TreeItemCheckboxState): void {
    this.checked.set(containerKey, type, state === TreeItemCheckboxState.Checked);
  }

  #show(): void {
    const snapshot = this.inventory.latest;
    const before = this.#nodes;
    this.checked.prune(snapshot);
    this.#nodes = buildNodes(snapshot);
    this.#current = indexNodes(this.#nodes);
    for (const id of this.#given.keys()) if (!this.#current.has(id)) this.#given.delete(id);
    this.#view.message = snapshot.notes.join('\n');
    void commands.executeCommand('setContext', CONTEXT_KEYS.scanned, true);
    void commands.executeCommand('setContext', CONTEXT_KEYS.anyChecked, this.checked.size > 0);
    const changed = changedNodes(before, this.#nodes);
    if (changed === null) this.#changed.fire(undefined);
    else this.#draw(changed);
  }

  /** Only what changed is drawn: VS Code forgets a row while it is drawn, and a click on it then would miss. */
  #draw(ids: readonly string[]): void {
    const rows = ids.map((id) => this.#given.get(id)).filter((row) => row !== undefined);
    if (rows.length > 0) this.#changed.fire(rows);
  }

  #givenOf(node: TreeNode): TreeNode {
    const given = this.#given.get(node.id) ?? node;
    this.#given.set(node.id, given);
    return given;
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
