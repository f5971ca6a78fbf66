// Whether what came again is what was there. Pure.
import { isDeepStrictEqual } from 'node:util';
import { sameItems } from './sameItems';

/**
 * Whether the other has all that the one has. Most parts of what did not change are the very same: comparing all of them in depth
 * would take longer than all the rest, and leave more garbage. `beside`: parts that are not looked at.
 */
export function isSame<T extends object>(one: T, other: Partial<T>, beside: readonly (keyof T)[] = []): boolean {
  for (const key in one) if (!beside.includes(key) && !isSamePart(one[key], other[key])) return false;
  return true;
}

function isSamePart(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other) && sameItems(one, other)) return true;
  return isDeepStrictEqual(one, other);
}
