// Taking away what the tests of engines start: processes, mounts, cgroups, folders, the last one first, whatever fails.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, waitFor } from '../support/run';

/** To be run in this order, the last one first. */
export type Undo = (() => unknown)[];

export function makeFolder(): string {
  // Short, because of the sockets in it; everybody may pass through, as rootless containers have to.
  const folder = mkdtempSync('/tmp/lns-scan-');
  chmodSync(folder, 0o711);
  return folder;
}

/** Takes away what was started, all of it, whatever fails; rejects with the first failure. */
export async function undoAll(undo: Undo, folder: string): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (!existsSync(folder)) return;
  for (const path of mountsBelow(folder)) await run('umount', ['--lazy', path]);
  rmSync(folder, { recursive: true, force: true });
  if (failures.length > 0) throw failures[0];
}

/** Removes, in the end, those of these top-level cgroups that are not there yet: the engines leave them behind. */
export function forgetCgroups(undo: Undo, ...names: string[]): void {
  const hierarchies = readText('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
  const made = hierarchies.flatMap((path) => names.map((name) => join(path, name))).filter((path) => !existsSync(path));
  // Another engine of this machine may use them by now.
  undo.push(() =>
    waitFor('cgroups to be left', () => made.filter(isGone).length === made.length, 2_000).catch(() => null),
  );
}

/** The one that was mounted last comes first. */
function mountsBelow(folder: string): string[] {
  const lines = readText('/proc/self/mountinfo').split('\n');
  const paths = lines.map((line) => line.split(' ')[4] ?? '');
  return paths.filter((path) => path.startsWith(`${folder}/`)).reverse();
}

/** Takes away, in the end, what is mounted below a folder of an engine's own, where nothing is yet. */
export function forgetMounts(undo: Undo, folder: string): void {
  if (mountsBelow(folder).length > 0) return;
  undo.push(async () => {
    for (const path of mountsBelow(folder)) await run('umount', ['--lazy', path]);
  });
}

/** Removes, in the end, the folders of the shims' sockets, if they are not there yet: they are the same for all engines. */
export function forgetShims(undo: Undo): void {
  const made = ['/run/containerd/s', '/run/containerd'].filter((path) => !existsSync(path));
  undo.push(() => made.filter(isGone));
}

/** Removes a cgroup or folder once nothing is in it any more. */
function isGone(path: string): boolean {
  try {
    if (existsSync(path)) rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** An engine's own helpers (shims, conmon, Podman's pause process) name its folder. */
export function processesIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => readText(`/proc/${pid}/cmdline`).includes(`${folder}/`)).map(Number);
}

export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
