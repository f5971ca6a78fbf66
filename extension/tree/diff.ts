// Which rows have to be drawn anew when one picture of the machine follows another. Pure.
import type { Work } from '../discover/slices';
import { sameItems } from '../model/sameItems';
import type { TreeNode } from './rows';

/** All nodes below `roots`, by id. */
export function* indexNodes(roots: readonly TreeNode[]): Work<Map<string, TreeNode>> {
  const index = new Map<string, TreeNode>();
  function* add(nodes: readonly TreeNode[]): Work<void> {
    for (const node of nodes) {
      index.set(node.id, node);
      yield;
      yield* add(node.children);
    }
  }
  yield* add(roots);
  return index;
}

/**
 * Ids of the nodes that look different or have other children, without those below such a one: drawing a row draws what is
 * below it too. Null where the roots themselves are others, so that everything has to be drawn. `old`: all before, by id.
 */
export function* changedNodes(
  before: readonly TreeNode[],
  old: ReadonlyMap<string, TreeNode>,
  after: readonly TreeNode[],
): Work<Set<string> | null> {
  if (!sameIds(before, after)) return null;
  const changed = new Set<string>();
  function* compare(nodes: readonly TreeNode[]): Work<void> {
    for (const node of nodes) {
      const previous = old.get(node.id);
      if (previous === node) continue;
      yield;
      if (previous && looksTheSame(previous, node) && sameIds(previous.children, node.children)) {
        yield* compare(node.children);
      } else changed.add(node.id);
    }
  }
  yield* compare(after);
  return changed;
}

const sameIds = (some: readonly TreeNode[], others: readonly TreeNode[]): boolean =>
  sameItems(
    some.map(({ id }) => id),
    others.map(({ id }) => id),
  );

function looksTheSame(one: TreeNode, other: TreeNode): boolean {
  const looksOf = ({ label, description, tooltip, contextValue }: TreeNode): string[] => [
    label,
    description,
    tooltip,
    contextValue,
  ];
  return sameItems(looksOf(one), looksOf(other));
}
