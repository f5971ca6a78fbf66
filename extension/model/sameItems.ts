// Whether two lists hold the very same objects. What did not change is kept as the same object, so that this is enough. Pure.

export function sameItems(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((item, index) => item === others[index]);
}
