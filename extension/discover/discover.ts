// One look at the machine: /proc and the engines at the same time, merged. What fails becomes a note, never an error.
import type { ScanDocument } from '../../helper/protocol';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/container';
import { sameItems } from '../model/sameItems';
import { plain } from '../model/text';
import type { EngineListing } from './engines/engine';
import type { EngineOptions } from './engines/findEngines';
import { mergeSnapshot } from './merge';
import { runScan, type ScannerOptions } from './scanner';
import { inSlices, type Work } from './slices';

export interface DiscoverOptions extends ScannerOptions, EngineOptions {}

const LONGEST_NOTE = 300;

export async function discover(options: DiscoverOptions): Promise<Snapshot> {
  // Nothing needs what speaks with engines before the first look.
  const { listEngines } = await import('./engines/listEngines');
  const [scan, engines] = await Promise.allSettled([runScan(options), listEngines(options)]);
  if (engines.status === 'rejected') throw engines.reason;
  return inSlices(
    scan.status === 'fulfilled'
      ? combine(scan.value, null, engines.value)
      : combine(null, messageOf(scan.reason), engines.value),
  );
}

/** `scan` is null where it failed, and then `failure` says why. Where nothing changed since `before`, it is `before`. */
export function* combine(
  scan: ScanDocument | null,
  failure: string | null,
  engines: EngineListing,
  before: Snapshot = EMPTY_SNAPSHOT,
): Work<Snapshot> {
  const { containers, namespaces, notes } = yield* mergeSnapshot(scan, engines.containers, before);
  const all = [...(failure === null ? [] : [failure]), ...engines.notes, ...notes];
  const now = { containers, namespaces, notes: all.map((note) => plain(note, LONGEST_NOTE)) };
  const same =
    sameItems(now.containers, before.containers) &&
    sameItems(now.namespaces, before.namespaces) &&
    sameItems(now.notes, before.notes);
  return same ? before : now;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
