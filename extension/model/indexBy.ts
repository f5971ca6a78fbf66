// Items by what names them. Pure.

/** Of two with the same key the later one. Without the pairs that a Map is otherwise made of: there may be thousands of items. */
export function indexBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item> {
  const index = new Map<Key, Item>();
  for (const item of items) index.set(keyOf(item), item);
  return index;
}
