// Containers of runc and crun that no engine manages, by the pid in their state files. Those that were started with
// another --root leave nothing that leads to it; they are known by their cgroup (see identify.ts).
import { readdirSync } from 'node:fs';
import { facts, type Facts } from './facts';
import { readTrustedJson } from './trusted';

const USERS = '/run/user';

/** By the pid of the first process. Those of engines are among them: they use the same folders. */
export function readRuncStates(): Map<number, Facts> {
  return new Map(folders().flatMap(({ folder, uid }) => list(folder).flatMap((id) => state(folder, id, uid))));
}

/** Where the states are: a folder for each container, whose file is replaced when the state changes, never written over. */
export function runcFolders(): string[] {
  return folders().map(({ folder }) => folder);
}

function folders(): { folder: string; uid: number }[] {
  const own = ['/run/runc', '/run/crun'].map((folder) => ({ folder, uid: 0 }));
  const users = list(USERS).flatMap((uid) =>
    ['runc', 'crun'].map((name) => ({ folder: `${USERS}/${uid}/${name}`, uid: Number(uid) })),
  );
  return [...own, ...users];
}

function state(folder: string, id: string, uid: number): [number, Facts][] {
  // runc's and crun's own formats.
  const pid =
    readTrustedJson(`${folder}/${id}/state.json`, uid)?.['init_process_pid'] ??
    readTrustedJson(`${folder}/${id}/status`, uid)?.['pid'];
  return typeof pid === 'number' ? [[pid, facts('runc', id, id)]] : [];
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
