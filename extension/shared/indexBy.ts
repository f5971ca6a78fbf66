// Items by what names them. Pure.
import type { Work } from './slices';

/** To pause at each item would take longer than all the rest. */
const AT_ONCE = 256;

/** Of two with the same key the later one. Without the pairs that a Map is otherwise made of: there may be thousands of items. */
export function* indexBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Work<Map<Key, Item>> {
  const index = new Map<Key, Item>();
  for (const item of items) {
    index.set(keyOf(item), item);
    if (index.size % AT_ONCE === 0) yield;
  }
  return index;
}
