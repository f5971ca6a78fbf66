// What the scan and the engines tell, merged into one picture. What fails becomes a note, never an error. Pure.
import type { ScanDocument } from '../../helper/protocol';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';
import { sameItems } from '../model/sameItems';
import { plain } from '../model/text';
import type { EngineListing } from './engines/engine';
import type { EngineOptions } from './engines/findEngines';
import { mergeListings } from './engines/mergeListings';
import { mergeSnapshot } from './merge';
import type { ScannerOptions } from './scanner';

export interface DiscoverOptions extends ScannerOptions, EngineOptions {}

const LONGEST_NOTE = 300;

/** `scan` is null where it failed, and then `failure` says why. Where nothing changed since `before`, it is `before`. */
export function combine(
  scan: ScanDocument | null,
  failure: string | null,
  listings: readonly EngineListing[],
  before: Snapshot = EMPTY_SNAPSHOT,
  asRoot = false,
): Snapshot {
  const engines = mergeListings(listings);
  const { containers, namespaces, notes } = mergeSnapshot(scan, engines.containers, before, asRoot);
  const all = [...(failure === null ? [] : [failure]), ...engines.notes, ...notes];
  const now = { containers, namespaces, notes: all.map((note) => plain(note, LONGEST_NOTE)) };
  const same =
    sameItems(now.containers, before.containers) &&
    sameItems(now.namespaces, before.namespaces) &&
    sameItems(now.notes, before.notes);
  return same ? before : now;
}
