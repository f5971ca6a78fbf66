// What both views share: the latest nodes to TreeItems, redrawing only what changed, following the machine while it is seen.
import {
  type Disposable,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeDataProvider,
  type TreeView,
  Uri,
} from 'vscode';
import type { Inventory } from '../discover/inventory';
import { isRunning, type Snapshot } from '../model/container';
import { oneAtATime } from '../shared/oneAtATime';
import { atOnce, inSlices, ownTurn, type Work } from '../shared/slices';
import { changedNodes, indexNodes } from './diff';
import { HOST_ROW } from './hostDecorationProvider';
import { opensByItself, type TreeNode } from './rows';
import type { View } from './viewProvider';

/** Neither `file` nor `folder`: for those VS Code draws what it would draw for a row's resourceUri. */
const ICONS: Record<string, string> = {
  engine: 'server',
  project: 'layers',
  pod: 'layers',
  processes: 'pulse',
  containers: 'layers',
  notRunning: 'vm-outline',
  part: 'list-unordered',
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
  readonly #changed: View['changed'];
  readonly onDidChangeTreeData: View['changed']['event'];
  readonly #disposables: { dispose(): unknown }[];
  protected readonly view: TreeView<TreeNode>;
  /** Held while the view is seen. */
  #lease: { dispose(): void } | null = null;
  /** How often something has changed, and of which of these changes the rows are. */
  #changes = 0;
  #made = 0;
  /** Numbers the times that rows are made: those that were begun earlier must not take the place of later ones. */
  #turn = 0;
  #nodes: readonly TreeNode[] = [];
  /** Without what is below rows that nobody has opened: that is not made yet. */
  #current = new Map<string, TreeNode>();
  /** Rows whose children VS Code has asked for. */
  readonly #opened = new Set<string>();
  /** The objects that VS Code has been given: it knows rows by identity, and forgets a row that it is given anew. */
  readonly #given = new Map<string, TreeNode>();
  /** A row that is the same as before looks the same. */
  readonly #items = new WeakMap<TreeNode, TreeItem>();
  /** The last rows of what VS Code was just given. */
  readonly #ends = new WeakSet<TreeNode>();
  /** Resolves when VS Code has made its own rows of all that it has asked for so far. */
  #answered: Promise<unknown> = Promise.resolve();
  /** The rows on the way to one that is being revealed, undefined for the top: what is below them has been made. */
  #way: ReadonlySet<string | undefined> = new Set();

  protected constructor(
    protected readonly inventory: Inventory,
    { tree, changed }: View,
  ) {
    this.view = tree;
    this.#changed = changed;
    this.onDidChangeTreeData = changed.event;
    this.#disposables = [
      inventory.onDidChange(() => {
        this.showSoon();
      }),
      this.view.onDidChangeVisibility(({ visible }) => {
        this.#follow(visible);
        void this.catchUp();
      }),
    ];
    this.#follow(this.view.visible);
  }

  protected abstract build(snapshot: Snapshot): Work<TreeNode[]>;

  protected isOpen(id: string): boolean {
    return this.#opened.has(id);
  }

  /** Reads what is only read for a row that is open. */
  protected beforeOpen?(node: TreeNode): Promise<void>;

  /** The rows are those of this picture now. */
  protected shown?(snapshot: Snapshot, nodes: readonly TreeNode[]): void;

  /** What is selected in the view, as rows; nothing while it is hidden. */
  get selection(): readonly TreeNode[] {
    return this.view.visible ? this.view.selection : [];
  }

  /** Rows of a view that is seen: made in slices, and drawn all at once. */
  readonly catchUp = oneAtATime(async () => {
    while (this.#behind && this.view.visible) await inSlices(this.#remake());
  });

  /** A row as it is now; it may have changed since VS Code was given it. */
  now(node: TreeNode): TreeNode {
    if (this.#current.has(node.id)) this.#beUpToDate();
    return this.#current.get(node.id) ?? node;
  }

  /** What VS Code asks, also where it has opened a row by itself. */
  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (this.#way.has(node?.id)) return this.childrenOf(node);
    const ready = this.#makeReady(node);
    // One turn in which it asks about each row, and one in which it is told the last.
    this.#answered = Promise.allSettled([this.#answered, ready]).then(ownTurn).then(ownTurn);
    await ready;
    const children = this.childrenOf(node);
    const end = children.at(-1);
    if (end) this.#ends.add(end);
    return children;
  }

  async #makeReady(node?: TreeNode): Promise<void> {
    if (node) await this.beforeOpen?.(this.now(node));
    await inSlices(this.#prepare(node));
  }

  /** Makes what VS Code then asks for in one turn: there may be hundreds of rows below one. */
  *#prepare(node?: TreeNode): Work<void> {
    const now = node && this.now(node);
    if (now?.kind === 'group') yield* now.makeChildren();
    for (const child of now?.children ?? this.#nodes) {
      this.#itemOf(child);
      yield;
    }
  }

  childrenOf(node?: TreeNode): TreeNode[] {
    this.#beUpToDate();
    const children: readonly TreeNode[] = node ? this.#open(this.now(node)) : this.#nodes;
    return children.map((child) => this.#givenOf(child));
  }

  getParent(node: TreeNode): TreeNode | undefined {
    const parent = atOnce(wayTo(node.id, this.#nodes)).at(-2);
    return parent && this.#givenOf(parent);
  }

  /**
   * What VS Code asks of all that it was given, in one turn. It makes its own rows of them, and sends these to the window, as
   * soon as it has the last of them: in a turn in which nothing of ours is.
   */
  answer(given: TreeNode): TreeItem | Promise<TreeItem> {
    const item = this.getTreeItem(given);
    return this.#ends.delete(given) ? ownTurn().then(() => item) : item;
  }

  getTreeItem(given: TreeNode): TreeItem {
    return this.#itemOf(this.now(given));
  }

  #itemOf(node: TreeNode): TreeItem {
    const made = this.#items.get(node);
    if (made) return made;
    const item = new TreeItem(node.label, collapsible(node));
    item.id = node.id;
    item.description = node.description;
    item.contextValue = node.contextValue;
    item.iconPath = new ThemeIcon(iconOf(node));
    item.accessibilityInformation = { label: node.spoken };
    // Only for the decoration: it has no part in what the row says.
    if (isHost(node)) item.resourceUri = Uri.from({ ...HOST_ROW, path: `/${node.id}` });
    this.#items.set(node, item);
    return item;
  }

  /** What is made when the mouse rests on a row: a tooltip takes longer than all else of one. */
  resolveTreeItem(item: TreeItem, given: TreeNode): TreeItem {
    item.tooltip = this.now(given).tooltip;
    return item;
  }

  dispose(): void {
    this.#follow(false);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Draws what is different, in slices; where nobody sees it, when somebody wants it. */
  protected showSoon(): void {
    this.#changes++;
    void this.catchUp();
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

  get #behind(): boolean {
    return this.#made !== this.#changes;
  }

  /** The picture may have changed while nobody saw the view: then its rows are made when somebody wants them. */
  #beUpToDate(): void {
    if (this.#behind && !this.view.visible) this.show();
  }

  *#remake(): Work<void> {
    const turn = ++this.#turn;
    const changes = this.#changes;
    const { latest } = this.inventory;
    const nodes = yield* this.build(latest);
    const isOpen = (node: TreeNode): boolean => opensByItself(node) || this.isOpen(node.id);
    const current = yield* indexNodes(nodes, isOpen);
    const changed = yield* changedNodes(this.#nodes, this.#current, nodes, isOpen);
    if (turn !== this.#turn) return;
    this.#made = changes;
    this.#nodes = nodes;
    this.#current = current;
    for (const id of this.#given.keys()) if (!current.has(id)) this.#given.delete(id);
    for (const id of this.#opened) if (!current.has(id)) this.#opened.delete(id);
    if (changed === null) this.#changed.fire(undefined);
    else this.draw(({ id }) => changed.has(id));
    this.shown?.(latest, nodes);
  }

  /**
   * Selects a row and scrolls to it; false where it is not there. VS Code asks for the rows on the way there by itself. While it
   * is asking for the same ones for its window, it drops one of the two answers, in 1.105 without a word. So it begins when all
   * that it has asked for is answered, and is answered in the turn in which it asks, so that nothing comes between.
   */
  async reveal(id: string): Promise<boolean> {
    while (this.#behind) await inSlices(this.#remake());
    const above = (await inSlices(wayTo(id, this.#nodes))).slice(0, -1);
    for (const row of [undefined, ...above]) await this.#makeReady(row);
    await this.#allAnswered();
    // What is looked through once more has been made, but for what changed meanwhile.
    const way = this.#wayTo(id);
    const node = way.pop();
    if (!node) return false;
    for (const row of way) this.#open(row);
    this.#way = new Set([undefined, ...way.map((row) => row.id)]);
    try {
      await this.view.reveal(this.#givenOf(node), { select: true, focus: true, expand: true });
    } finally {
      this.#way = new Set();
    }
    return true;
  }

  #wayTo(id: string): TreeNode[] {
    if (this.#behind) this.show();
    return atOnce(wayTo(id, this.#nodes));
  }

  async #allAnswered(): Promise<void> {
    let before: Promise<unknown> | undefined;
    // It may have asked for more meanwhile.
    while (before !== this.#answered) {
      before = this.#answered;
      await before;
    }
  }

  #follow(visible: boolean): void {
    if (visible) this.#lease ??= this.inventory.follow();
    else {
      this.#lease?.dispose();
      this.#lease = null;
    }
  }

  #open(node: TreeNode): readonly TreeNode[] {
    if (!this.#opened.has(node.id)) {
      this.#opened.add(node.id);
      // Rows that are just being made may have passed over what is below this one: they are made once more.
      this.#turn++;
    }
    for (const child of node.children) this.#current.set(child.id, child);
    return node.children;
  }

  #givenOf(node: TreeNode): TreeNode {
    const given = this.#given.get(node.id) ?? node;
    this.#given.set(node.id, given);
    return given;
  }
}

/** The rows from the top down to this one; empty where it is not there. What cannot be on the way is not made for it. */
function* wayTo(id: string, nodes: readonly TreeNode[]): Work<TreeNode[]> {
  // Most ids begin with that of a row above them: what only may hold it comes later, since it may be hundreds of rows.
  const likely = nodes.filter((node) => isAtOrBelow(id, node.id));
  const others = nodes.filter((node) => !isAtOrBelow(id, node.id) && mayHold(node));
  for (const node of [...likely, ...others]) {
    if (node.id === id) return [node];
    yield;
    if (node.kind === 'group') yield* node.makeChildren();
    const below = yield* wayTo(id, node.children);
    if (below.length > 0) return [node, ...below];
  }
  return [];
}

const isAtOrBelow = (id: string, above: string): boolean =>
  id.startsWith(above) && (id.length === above.length || id.charAt(above.length) === '/');

function mayHold(node: TreeNode): boolean {
  const nests =
    node.kind === 'container'
      ? node.nested.length > 0
      : node.kind === 'group' && ['containers', 'notRunning', 'part'].includes(node.level);
  return nests || opensByItself(node);
}

function collapsible(node: TreeNode): TreeItemCollapsibleState {
  if (opensByItself(node) && hasChildren(node)) return TreeItemCollapsibleState.Expanded;
  return hasChildren(node) ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
}

/** Without making them. */
function hasChildren(node: TreeNode): boolean {
  if (node.kind === 'container') return isRunning(node.container);
  if (node.kind === 'namespace' || node.kind === 'held') return !node.leaf;
  return node.kind === 'group' || node.kind === 'members' || node.children.length > 0;
}

function isHost(node: TreeNode): boolean {
  return (node.kind === 'namespace' && node.namespace.host) || (node.kind === 'held' && node.host);
}

function iconOf(node: TreeNode): string {
  switch (node.kind) {
    case 'namespace':
      return node.namespace.inode === null && !node.namespace.host ? 'lock' : (ICONS[node.namespace.type] ?? '');
    case 'held':
      return ICONS[node.type] ?? '';
    case 'group':
      return ICONS[node.level] ?? '';
    case 'container':
    case 'member':
      return isRunning(node.container) ? 'vm' : 'vm-outline';
    case 'members':
      return ICONS['processes'] ?? '';
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
