// Processes in, groups out: one group for each set of namespaces. Pure. Which groups are containers is for visitors.ts,
// what they are called for name.ts.
import type { ContainedProcess } from './process';

export interface Group {
  readonly leader: ContainedProcess;
  /** Lowest pid first. */
  readonly processes: readonly ContainedProcess[];
}

export function groupProcesses(processes: readonly ContainedProcess[]): Group[] {
  const groups = new Map<string, ContainedProcess[]>();
  const locked: ContainedProcess[] = [];
  for (const process of processes) {
    if (process.locked.length > 0) locked.push(process);
    else addTo(groups, process.key, process);
  }
  return [...groups.values(), ...groupBy(locked, lockedKey).flatMap(splitByInit)].map(makeGroup);
}

function makeGroup(processes: readonly ContainedProcess[]): Group {
  return { leader: leaderOf(processes), processes };
}

/** The first process of the pid namespace, or else whichever has run the longest. */
function leaderOf(processes: readonly ContainedProcess[]): ContainedProcess {
  const leader = processes.length === 1 ? processes[0] : (oldest(processes.filter(isInit)) ?? oldest(processes));
  if (!leader) throw new RangeError('a group has no process');
  return leader;
}

export function oldest(processes: readonly ContainedProcess[]): ContainedProcess | undefined {
  let found = processes[0];
  for (const process of processes) if (found && byAge(process, found) < 0) found = process;
  return found;
}

/** Pids are handed out again, so the start time counts first. */
export function byAge(a: ContainedProcess, b: ContainedProcess): number {
  return a.stat.startTime - b.stat.startTime || a.pid - b.pid;
}

/** Whether a process is the first of a pid namespace that is not the host's. */
export function isInit(process: ContainedProcess): boolean {
  return isFirst(process.pids);
}

/** The same by its pid in each pid namespace. */
export function isFirst(pids: readonly number[]): boolean {
  return pids.length > 1 && pids.at(-1) === 1;
}

function lockedKey(process: ContainedProcess): string {
  const { hints, owner } = process.clues ?? { hints: null, owner: null };
  return JSON.stringify([
    hints?.net.mark ?? null,
    hints?.mnt.mark ?? null,
    hints?.user.mark ?? null,
    process.pids.length,
    owner ? [owner.engine, owner.id] : null,
  ]);
}

/**
 * Pid namespaces of one depth look alike from outside, so each first process gets a group, and its descendants go with it.
 * What has no such ancestor came in from outside (`docker exec`): it goes with the oldest.
 */
function splitByInit(processes: readonly ContainedProcess[]): ContainedProcess[][] {
  const first = oldest(processes.filter(isInit));
  if (!first) return [[...processes]];
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const initOf = (process: ContainedProcess): ContainedProcess => {
    const seen = new Set<number>();
    let at: ContainedProcess | undefined = process;
    // Parents can seem to go round in a circle where a pid was used again between two readings.
    while (at && !seen.has(at.pid)) {
      if (isInit(at)) return at;
      seen.add(at.pid);
      at = byPid.get(at.stat.parentPid);
    }
    return first;
  };
  return groupBy(processes, (process) => String(initOf(process).pid));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  return [...indexBy(items, key).values()];
}

export function indexBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) addTo(groups, key(item), item);
  return groups;
}

export function addTo<T, K>(groups: Map<K, T[]>, key: K, item: T): void {
  const group = groups.get(key);
  if (group) group.push(item);
  else groups.set(key, [item]);
}
