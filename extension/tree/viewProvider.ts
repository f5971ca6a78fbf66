// A view of ours, there from activation on. What makes its rows is loaded when VS Code first asks for them.
import { type Disposable, EventEmitter, type TreeDataProvider, type TreeItem, type TreeView, window } from 'vscode';
import type { NodesProvider } from './nodesProvider';
import type { TreeNode } from './rows';

export interface View {
  readonly tree: TreeView<TreeNode>;
  /** Of which rows VS Code is to ask anew, with what is below them; undefined: of all. */
  readonly changed: EventEmitter<TreeNode[] | undefined>;
}

export class ViewProvider implements View, Required<TreeDataProvider<TreeNode>>, Disposable {
  readonly changed = new EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  readonly tree: TreeView<TreeNode>;
  #loaded: NodesProvider | undefined;

  constructor(
    id: string,
    private readonly rows: () => Promise<NodesProvider>,
  ) {
    this.tree = window.createTreeView(id, {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
      manageCheckboxStateManually: true,
    });
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    return (await this.#load()).getChildren(node);
  }

  async getParent(node: TreeNode): Promise<TreeNode | undefined> {
    return (await this.#load()).getParent(node);
  }

  /** Of hundreds of rows in one turn of the event loop: none is waited for here. */
  getTreeItem(node: TreeNode): TreeItem | Promise<TreeItem> {
    return this.#loaded?.answer(node) ?? this.#load().then((rows) => rows.answer(node));
  }

  async resolveTreeItem(item: TreeItem, node: TreeNode): Promise<TreeItem> {
    return (await this.#load()).resolveTreeItem(item, node);
  }

  dispose(): void {
    this.tree.dispose();
    this.changed.dispose();
  }

  async #load(): Promise<NodesProvider> {
    return (this.#loaded ??= await this.rows());
  }
}
