// More rows below one than VS Code can make and send in one turn of the event loop: it does so with all that are below a row. They
// stand in parts, each of which is made when it is opened; nobody looks for something in a list of thousands. Pure.
import { t } from '../l10n';
import { plain } from '../model/text';
import type { Work } from '../shared/slices';
import { type GroupNode, joined, rowOf, type TreeNode } from './rows';

/** That many take VS Code 2 ms the first time, and 500 up to 5: with garbage that V8 collects meanwhile, it was more. */
export const MOST_ROWS = 250;

/** A row for each, or for each part of them. `parent`: the id of the row that they stand below. */
export function* inParts<Item>(
  parent: string,
  items: readonly Item[],
  nameOf: (item: Item) => string,
  make: (item: Item) => TreeNode,
): Work<TreeNode[]> {
  if (items.length <= MOST_ROWS) return yield* makeEach(items, make);
  const parts: TreeNode[] = [];
  for (let first = 0; first < items.length; first += MOST_ROWS) {
    const some = items.slice(first, first + MOST_ROWS);
    const ends = some.length === 1 ? some : [some.at(0), some.at(-1)];
    const names = ends.map((item) => (item === undefined ? '' : plain(nameOf(item), 40)));
    parts.push(part(parent, first, some.length, names.join(' … '), () => makeEach(some, make)));
  }
  return parts;
}

function part(
  parent: string,
  first: number,
  count: number,
  description: string,
  children: () => Work<TreeNode[]>,
): GroupNode {
  const label = count === 1 ? String(first + 1) : `${first + 1}–${first + count}`;
  const parts = {
    kind: 'group',
    level: 'part',
    id: `${parent}/part/${first}`,
    label,
    description,
    spoken: joined([t('rows {0}', label), description]),
    contextValue: 'part',
  } as const;
  return rowOf(parts, { children, tooltip: () => `${label}\n${description}` });
}

function* makeEach<Item>(items: readonly Item[], make: (item: Item) => TreeNode): Work<TreeNode[]> {
  const rows: TreeNode[] = [];
  for (const item of items) {
    rows.push(make(item));
    yield;
  }
  return rows;
}
