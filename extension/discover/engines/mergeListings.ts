// What all engines tell, as of one. Pure.
import type { EngineListing } from './engine';

export function mergeListings(listings: readonly EngineListing[]): EngineListing {
  // Two sockets can be of one engine, and then tell the same.
  const byId = new Map(listings.flatMap(({ containers }) => containers).map((entry) => [entry.id, entry]));
  return { containers: [...byId.values()], notes: listings.flatMap(({ notes }) => notes) };
}
