// Names of what people's own sandbox programs make: Flatpak and bubblewrap, Firejail. Reads what everybody may read.
import { tryReadRecord } from '../procfs';

/** The application that a Flatpak's cgroup names: `app-flatpak-org.example.App-1234.scope`. */
export function flatpakName(cgroupPaths: readonly string[]): string | null {
  const last = cgroupPaths[0]?.split('/').pop() ?? '';
  return /^app-flatpak-(.+)-\d+\.scope$/.exec(last)?.[1] ?? null;
}

/** Firejail writes a sandbox's name into a file that is called after the pid of its outer process. */
export function firejailName(outerPid: number, folder = '/run/firejail/name'): string | null {
  return tryReadRecord(`${folder}/${outerPid}`)?.trim() || null;
}
