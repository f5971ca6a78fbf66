// Sorting in slices: thousands of items take some milliseconds. Pure.
import type { Work } from './slices';

/** So many are sorted, or put in their place, at a time. */
const AT_ONCE = 256;

/** Items that compare as equal stay in their order. */
export function* sorted<Item>(items: readonly Item[], compare: (a: Item, b: Item) => number): Work<Item[]> {
  if (items.length <= AT_ONCE) {
    yield;
    return [...items].sort(compare);
  }
  const middle = items.length >> 1;
  const some = yield* sorted(items.slice(0, middle), compare);
  const others = yield* sorted(items.slice(middle), compare);
  const all: Item[] = [];
  let at = 0;
  for (const other of others) {
    for (let item = some[at]; item !== undefined && compare(item, other) <= 0; item = some[++at]) all.push(item);
    all.push(other);
    if (all.length % AT_ONCE === 0) yield;
  }
  return all.concat(some.slice(at));
}
