// Containers of runc and crun that no engine manages, by the pid in their state files. Those that were started with
// another --root leave nothing that leads to it; they are known by their cgroup (see identify.ts).
import { type Budget, SpentError } from '../budget';
import { listFolder } from '../procfs';
import { readTrustedJson } from './trusted';

const PROGRAMS = ['runc', 'crun'];

export interface RuncState {
  readonly id: string;
  /** Whose word it is. It counts for their own containers alone. */
  readonly uid: number;
  /**
   * Of the first process, in clock ticks since boot, or null where that is not told: a state may be left over, and its pid
   * another's by now.
   */
  readonly startTime: number | null;
}

/**
 * By the pid of the first process. Those of engines are among them: they use the same folders. Users' own are read as far as
 * `budget` allows. `run` is /run, and whose that is `rootUid`.
 */
export function readRuncStates(budget: Budget, run?: string, rootUid = 0): Map<number, RuncState> {
  return new Map(
    folders(run, rootUid).flatMap((place) => (place.uid === rootUid ? statesIn(place) : spendOn(place, budget))),
  );
}

function spendOn(place: Place, budget: Budget): [number, RuncState][] {
  try {
    return budget.spend((isSpent) => statesIn(place, isSpent));
  } catch (error) {
    if (!(error instanceof SpentError)) throw error;
    return [];
  }
}

function statesIn({ folder, uid }: Place, isSpent = () => false): [number, RuncState][] {
  return listFolder(folder).flatMap((id) => (isSpent() ? [] : state(folder, id, uid)));
}

/** Where the states are: a folder for each container, whose file is replaced when the state changes, never written over. */
export function runcFolders(): string[] {
  return folders().map(({ folder }) => folder);
}

interface Place {
  readonly folder: string;
  readonly uid: number;
}

function folders(run = '/run', rootUid = 0): Place[] {
  const roots = PROGRAMS.map((name) => ({ folder: `${run}/${name}`, uid: rootUid }));
  const users = listFolder(`${run}/user`).flatMap((uid) =>
    PROGRAMS.map((name) => ({ folder: `${run}/user/${uid}/${name}`, uid: Number(uid) })),
  );
  return [...roots, ...users];
}

/** In runc's own format, or crun's. */
function state(folder: string, id: string, uid: number): [number, RuncState][] {
  const runc = readTrustedJson(`${folder}/${id}/state.json`, uid);
  const crun = runc ? null : readTrustedJson(`${folder}/${id}/status`, uid);
  const pid = runc?.['init_process_pid'] ?? crun?.['pid'];
  const startTime = runc?.['init_process_start'] ?? crun?.['process-start-time'];
  if (typeof pid !== 'number') return [];
  return [[pid, { id, uid, startTime: typeof startTime === 'number' ? startTime : null }]];
}
