// What all engines tell, as of one. Pure.
import type { Work } from '../../shared/slices';
import type { EngineContainer, EngineListing } from './engine';

export function* mergeListings(listings: readonly EngineListing[]): Work<EngineListing> {
  // Two sockets can be of one engine, and then tell the same.
  const byId = new Map<string, EngineContainer>();
  for (const { containers } of listings) {
    for (const entry of containers) {
      byId.set(entry.id, entry);
      yield;
    }
  }
  return { containers: [...byId.values()], notes: listings.flatMap(({ notes }) => notes) };
}
