// One look at the machine: /proc and the engines at the same time, merged. What fails becomes a note, never an error.
import type { Snapshot } from '../model/container';
import { plain } from '../model/text';
import { mergeSnapshot } from './merge';
import { runScan, type ScannerOptions } from './scanner';

export interface DiscoverOptions extends ScannerOptions {
  /** Address of Docker's API; by default DOCKER_HOST and the usual sockets decide. */
  readonly dockerHost?: string | undefined;
}

const LONGEST_NOTE = 300;

export async function discover({ dockerHost, ...scanner }: DiscoverOptions): Promise<Snapshot> {
  // Docker's client is the largest part of the extension, and nothing needs it before the first look.
  const { listDocker } = await import('./engines/docker');
  const [scan, docker] = await Promise.allSettled([
    runScan(scanner),
    listDocker({ host: dockerHost, env: scanner.env }),
  ]);
  const failures = [scan, docker].flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  const listing = docker.status === 'fulfilled' ? docker.value : { containers: [], notes: [] };
  const snapshot = mergeSnapshot(scan.status === 'fulfilled' ? scan.value : null, listing.containers);
  const notes = [...failures, ...listing.notes, ...snapshot.notes];
  return { ...snapshot, notes: notes.map((note) => plain(note, LONGEST_NOTE)) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
