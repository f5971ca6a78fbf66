// What both views share: the latest nodes to TreeItems, redrawing only what changed, following the machine while it is seen.
import {
  type Disposable,
  EventEmitter,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeDataProvider,
  type TreeView,
  type TreeViewOptions,
  Uri,
  window,
} from 'vscode';
import type { Inventory } from '../discover/inventory';
import { atOnce, inSlices, type Work } from '../discover/slices';
import type { Snapshot } from '../model/container';
import { changedNodes, indexNodes } from './diff';
import { HOST_ROW } from './hostDecorationProvider';
import type { TreeNode } from './rows';

/** Neither `file` nor `folder`: for those VS Code draws what it would draw for a row's resourceUri. */
const ICONS: Record<string, string> = {
  engine: 'server',
  project: 'layers',
  pod: 'layers',
  processes: 'pulse',
  net: 'globe',
  mnt: 'files',
  pid: 'list-tree',
  uts: 'tag',
  ipc: 'mail',
  user: 'account',
  cgroup: 'dashboard',
  time: 'clock',
};

export abstract class NodesProvider implements TreeDataProvider<TreeNode>, Disposable {
  readonly #changed = new EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #disposables: { dispose(): unknown }[];
  protected readonly view: TreeView<TreeNode>;
  /** Held while the view is seen. */
  #lease: { dispose(): void } | null = null;
  /** The rows are not those of the latest picture yet. */
  #behind = false;
  #catchingUp = false;
  /** Numbers the times that rows are made: those that were begun earlier must not take the place of later ones. */
  #turn = 0;
  #nodes: readonly TreeNode[] = [];
  #current = new Map<string, TreeNode>();
  /** The objects that VS Code has been given: it knows rows by identity, and forgets a row that it is given anew. */
  readonly #given = new Map<string, TreeNode>();

  protected constructor(
    protected readonly inventory: Inventory,
    viewId: string,
    options: Omit<TreeViewOptions<TreeNode>, 'treeDataProvider'>,
  ) {
    this.view = window.createTreeView(viewId, { ...options, treeDataProvider: this, showCollapseAll: true });
    this.#disposables = [
      this.view,
      this.#changed,
      inventory.onDidChange(() => {
        this.#behind = true;
        void this.#catchUp();
      }),
      this.view.onDidChangeVisibility(({ visible }) => {
        this.#follow(visible);
        void this.#catchUp();
      }),
    ];
    this.#follow(this.view.visible);
  }

  protected abstract build(snapshot: Snapshot): Work<TreeNode[]>;

  /** The rows are those of this picture now. */
  protected shown?(snapshot: Snapshot, nodes: readonly TreeNode[]): void;

  /** What is selected in the view, as rows. */
  get selection(): readonly TreeNode[] {
    return this.view.selection;
  }

  /** A row as it is now; it may have changed since VS Code was given it. */
  now(node: TreeNode): TreeNode {
    if (this.#current.has(node.id)) this.#beUpToDate();
    return this.#current.get(node.id) ?? node;
  }

  getChildren(node?: TreeNode): TreeNode[] {
    this.#beUpToDate();
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
    item.accessibilityInformation = { label: node.spoken };
    // Only for the decoration: it has no part in what the row says.
    if (isHost(node)) item.resourceUri = Uri.from({ ...HOST_ROW, path: `/${node.id}` });
    return item;
  }

  dispose(): void {
    this.#follow(false);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Draws what is different in the latest picture. */
  protected show(): void {
    atOnce(this.#remake());
  }

  /** Only what changed is drawn: VS Code forgets a row while it is drawn, and a click on it then would miss. */
  protected draw(which: (node: TreeNode) => boolean): void {
    const rows = [...this.#given.values()].filter(({ id }) => {
      const node = this.#current.get(id);
      return node && which(node);
    });
    if (rows.length > 0) this.#changed.fire(rows);
  }

  /** The picture may have changed while nobody saw the view: then its rows are made when somebody wants them. */
  #beUpToDate(): void {
    if (this.#behind && !this.view.visible) this.show();
  }

  /** Rows of a view that is seen: made in slices, and drawn all at once. */
  async #catchUp(): Promise<void> {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    while (this.#behind && this.view.visible) await inSlices(this.#remake());
    this.#catchingUp = false;
  }

  *#remake(): Work<void> {
    const turn = ++this.#turn;
    const { latest } = this.inventory;
    const nodes = yield* this.build(latest);
    const current = yield* indexNodes(nodes);
    const changed = yield* changedNodes(this.#nodes, this.#current, nodes);
    if (turn !== this.#turn) return;
    this.#behind = latest !== this.inventory.latest;
    this.#nodes = nodes;
    this.#current = current;
    for (const id of this.#given.keys()) if (!current.has(id)) this.#given.delete(id);
    if (changed === null) this.#changed.fire(undefined);
    else this.draw(({ id }) => changed.has(id));
    this.shown?.(latest, nodes);
  }

  /** Selects a row and scrolls to it; false where it is not there. */
  async reveal(id: string): Promise<boolean> {
    if (this.#behind) this.show();
    const node = this.#current.get(id);
    if (!node) return false;
    await this.view.reveal(this.#givenOf(node), { select: true, focus: true, expand: true });
    return true;
  }

  #follow(visible: boolean): void {
    if (visible) this.#lease ??= this.inventory.follow();
    else {
      this.#lease?.dispose();
      this.#lease = null;
    }
  }

  #givenOf(node: TreeNode): TreeNode {
    const given = this.#given.get(node.id) ?? node;
    this.#given.set(node.id, given);
    return given;
  }
}

function collapsible(node: TreeNode): TreeItemCollapsibleState {
  if (node.children.length === 0) return TreeItemCollapsibleState.None;
  const open = node.kind === 'group' && ['engine', 'project', 'pod'].includes(node.level);
  return open ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

function isHost(node: TreeNode): boolean {
  return (node.kind === 'namespace' && node.namespace.host) || (node.kind === 'kept' && node.host);
}

function iconOf(node: TreeNode): string {
  switch (node.kind) {
    case 'namespace':
      return node.namespace.inode === null && !node.namespace.host ? 'lock' : (ICONS[node.namespace.type] ?? '');
    case 'kept':
      return ICONS[node.type] ?? '';
    case 'group':
      return ICONS[node.level] ?? '';
    case 'container':
      return node.contextValue === 'stopped' ? 'vm-outline' : 'vm';
    case 'process':
      return 'gear';
    case 'ports':
      return 'plug';
    case 'port':
      return 'radio-tower';
    case 'note':
      return node.icon;
  }
}
