// Which rows have to be drawn anew when one picture of the machine follows another. Pure.
import type { TreeNode } from './rows';

/** All nodes below `roots`, by id. */
export function indexNodes(roots: readonly TreeNode[]): Map<string, TreeNode> {
  const index = new Map<string, TreeNode>();
  const add = (nodes: readonly TreeNode[]): void => {
    for (const node of nodes) {
      index.set(node.id, node);
      add(node.children);
    }
  };
  add(roots);
  return index;
}

/**
 * Ids of the nodes that look different or have other children, without those below such a one: drawing a row draws what is
 * below it too. Null where the roots themselves are others, so that everything has to be drawn.
 */
export function changedNodes(before: readonly TreeNode[], after: readonly TreeNode[]): string[] | null {
  if (idsOf(before) !== idsOf(after)) return null;
  const old = indexNodes(before);
  const changed: string[] = [];
  const compare = (node: TreeNode): void => {
    const previous = old.get(node.id);
    if (previous && looksOf(previous) === looksOf(node) && idsOf(previous.children) === idsOf(node.children)) {
      node.children.forEach(compare);
    } else changed.push(node.id);
  };
  after.forEach(compare);
  return changed;
}

const idsOf = (nodes: readonly TreeNode[]): string => JSON.stringify(nodes.map(({ id }) => id));

function looksOf({ label, description, tooltip, contextValue }: TreeNode): string {
  return JSON.stringify([label, description, tooltip, contextValue]);
}
