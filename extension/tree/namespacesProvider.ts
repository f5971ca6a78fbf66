// The view "Namespaces": every namespace of the machine by type, with who is in it.
import type { Inventory } from '../discover/inventory';
import { MOST_PROCESSES, readProcesses, type RunningProcess } from '../inspect/processes';
import type { Namespace, Snapshot } from '../model/container';
import type { Work } from '../shared/slices';
import { buildNamespaceNodes, keyOf, type MadeNamespaceRows } from './namespaceNodes';
import { NodesProvider } from './nodesProvider';
import type { TreeNode } from './rows';
import type { View } from './viewProvider';
import { WhileOpen } from './whileOpen';

export class NamespacesProvider extends NodesProvider {
  readonly #made: MadeNamespaceRows = new WeakMap();
  readonly #members = new WhileOpen<Namespace, RunningProcess[]>(
    keyOf,
    ({ pids }) => readProcesses(pids.slice(0, MOST_PROCESSES)),
    () => {
      this.showSoon();
    },
  );
  readonly #listening: { dispose(): unknown }[];

  constructor(inventory: Inventory, view: View) {
    super(inventory, view);
    this.#listening = [
      this.view.onDidExpandElement(({ element }) => {
        void this.#read(this.now(element));
      }),
      this.view.onDidCollapseElement(({ element }) => {
        if (element.kind === 'members') this.#members.close(element.of);
      }),
      inventory.onDidChange(() => {
        void this.readOpened();
      }),
    ];
  }

  /** Looks again at what was read for open rows: a process may have become another program. */
  readOpened(): Promise<void> {
    return this.#members.refresh(this.inventory.latest.namespaces);
  }

  override dispose(): void {
    for (const listener of this.#listening) listener.dispose();
    super.dispose();
  }

  /** So VS Code shows that it waits, rather than a row that says so and is soon another. */
  protected override async beforeOpen(node: TreeNode): Promise<void> {
    if (node.kind !== 'members') return;
    await this.#read(node);
    await this.catchUp();
  }

  protected build(snapshot: Snapshot): Work<TreeNode[]> {
    return buildNamespaceNodes(snapshot, this.#made, (id) => this.isOpen(id), this.#members.known);
  }

  /** What is read only for a row that is open. */
  async #read(node: TreeNode): Promise<void> {
    if (node.kind === 'members') await this.#members.open(node.of);
  }
}
