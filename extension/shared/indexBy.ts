// Items by what names them. Pure.
import type { Work } from './slices';

/** To pause at each item would take longer than all the rest. */
const AT_ONCE = 256;

/**
 * Of two with the same key the later one. Without the pairs that a Map is otherwise made of, and what `for … of` makes for each:
 * there may be thousands of items.
 */
export function* indexBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Work<Map<Key, Item>> {
  const index = new Map<Key, Item>();
  for (let at = 0; at < items.length; at += AT_ONCE) {
    items.slice(at, at + AT_ONCE).forEach((item) => index.set(keyOf(item), item));
    yield;
  }
  return index;
}
