// The view "Namespaces": every namespace of the machine by type.
import type { Inventory } from '../discover/inventory';
import { VIEWS } from '../ids';
import type { Snapshot } from '../model/container';
import type { Work } from '../shared/slices';
import { buildNamespaceNodes, type MadeNamespaceRows } from './namespaceNodes';
import { NodesProvider } from './nodesProvider';
import type { TreeNode } from './rows';

export class NamespacesProvider extends NodesProvider {
  readonly #made: MadeNamespaceRows = new WeakMap();

  constructor(inventory: Inventory) {
    super(inventory, VIEWS.namespaces, { canSelectMany: true });
  }

  protected build(snapshot: Snapshot): Work<TreeNode[]> {
    return buildNamespaceNodes(snapshot, this.#made, (id) => this.isOpen(id));
  }
}
