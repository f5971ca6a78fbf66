// One look at the machine: /proc and the engines at the same time, merged. What fails becomes a note, never an error.
import type { ScanDocument } from '../../helper/protocol';
import type { Snapshot } from '../model/container';
import { plain } from '../model/text';
import type { EngineListing } from './engines/engine';
import type { EngineOptions } from './engines/findEngines';
import { mergeSnapshot } from './merge';
import { runScan, type ScannerOptions } from './scanner';

export interface DiscoverOptions extends ScannerOptions, EngineOptions {}

const LONGEST_NOTE = 300;

export async function discover(options: DiscoverOptions): Promise<Snapshot> {
  // Docker's client is the largest part of the extension, and nothing needs it before the first look.
  const { listEngines } = await import('./engines/listEngines');
  const [scan, engines] = await Promise.allSettled([runScan(options), listEngines(options)]);
  if (engines.status === 'rejected') throw engines.reason;
  return scan.status === 'fulfilled'
    ? combine(scan.value, null, engines.value)
    : combine(null, messageOf(scan.reason), engines.value);
}

/** `scan` is null where it failed, and then `failure` says why. */
export function combine(scan: ScanDocument | null, failure: string | null, engines: EngineListing): Snapshot {
  const snapshot = mergeSnapshot(scan, engines.containers);
  const notes = [...(failure === null ? [] : [failure]), ...engines.notes, ...snapshot.notes];
  return { ...snapshot, notes: notes.map((note) => plain(note, LONGEST_NOTE)) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
