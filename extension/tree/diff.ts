// Which rows have to be drawn anew when one picture of the machine follows another. Of rows that nobody has opened what is below
// them is not looked at, and so not made. Pure.
import type { Work } from '../shared/slices';
import type { TreeNode } from './rows';

/** Whether somebody has been given what is below a row. */
export type IsOpen = (node: TreeNode) => boolean;

/**
 * VS Code draws a row by looking for it among all that stand beside it. Where more are different, it is quicker to draw the one
 * above them: to draw 500 of 500 one by one took 13 ms in one turn of the event loop.
 */
const MOST_ALONE = 100;

/** The rows in `roots` and below those that are open, by id. */
export function* indexNodes(roots: readonly TreeNode[], isOpen: IsOpen): Work<Map<string, TreeNode>> {
  const index = new Map<string, TreeNode>();
  function* add(nodes: readonly TreeNode[]): Work<void> {
    for (const node of nodes) {
      index.set(node.id, node);
      yield;
      if (!isOpen(node)) continue;
      if (node.kind === 'group') yield* node.makeChildren();
      yield* add(node.children);
    }
  }
  yield* add(roots);
  return index;
}

/**
 * Ids of the nodes that look different or have other children, without those below such a one: drawing a row draws what is
 * below it too. Null where the roots themselves are others, so that everything has to be drawn. `old`: those before, by id.
 */
export function* changedNodes(
  before: readonly TreeNode[],
  old: ReadonlyMap<string, TreeNode>,
  after: readonly TreeNode[],
  isOpen: IsOpen,
): Work<Set<string> | null> {
  if (!sameIds(before, after)) return null;
  const changed = new Set<string>();
  function* compare(nodes: readonly TreeNode[], above: string | null): Work<void> {
    const different: string[] = [];
    const same: TreeNode[] = [];
    for (const node of nodes) {
      const previous = old.get(node.id);
      if (previous === node) continue;
      yield;
      const open = isOpen(node);
      if (previous && looksTheSame(previous, node) && (!open || sameIds(previous.children, node.children))) {
        if (open) same.push(node);
      } else different.push(node.id);
    }
    if (above !== null && different.length > MOST_ALONE) {
      changed.add(above);
      return;
    }
    for (const id of different) changed.add(id);
    for (const node of same) yield* compare(node.children, node.id);
  }
  yield* compare(after, null);
  return changed;
}

const sameIds = (some: readonly TreeNode[], others: readonly TreeNode[]): boolean =>
  some.length === others.length && some.every(({ id }, index) => id === others[index]?.id);

/** The tooltip last: of most rows it is made anew each time. */
function looksTheSame(one: TreeNode, other: TreeNode): boolean {
  return (
    one.label === other.label &&
    one.description === other.description &&
    one.contextValue === other.contextValue &&
    one.tooltip === other.tooltip
  );
}
