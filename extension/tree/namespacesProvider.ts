// The view "Namespaces": every namespace of the machine by type.
import type { Inventory } from '../discover/inventory';
import { VIEWS } from '../ids';
import type { Snapshot } from '../model/container';
import { buildNamespaceNodes } from './namespaceNodes';
import { NodesProvider } from './nodesProvider';
import type { TreeNode } from './rows';

export class NamespacesProvider extends NodesProvider {
  constructor(inventory: Inventory) {
    super(inventory, VIEWS.namespaces, { canSelectMany: true });
  }

  protected build(snapshot: Snapshot): TreeNode[] {
    return buildNamespaceNodes(snapshot);
  }
}
