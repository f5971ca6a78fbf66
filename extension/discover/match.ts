// Which container of an engine is which container of the scan. Pure. A wrong match would open a terminal in the wrong
// place, so what anybody may choose (a cgroup's name) never outweighs what the engine itself says (the pid).
import type { ScannedContainer } from '../../helper/protocol';
import type { EngineContainer } from './engines/engine';

/** Of the two, one at least is there. */
export interface FoundContainer {
  readonly scanned: ScannedContainer | null;
  readonly engine: EngineContainer | null;
}

export function matchContainers(
  scanned: readonly ScannedContainer[],
  engineContainers: readonly EngineContainer[],
): FoundContainer[] {
  const left = new Set(scanned);
  const engineOf = new Map<ScannedContainer, EngineContainer>();
  const unseen: FoundContainer[] = [];
  for (const engine of engineContainers) {
    const match = bestMatch([...left], engine);
    if (match) {
      left.delete(match);
      engineOf.set(match, engine);
    } else unseen.push({ scanned: null, engine });
  }
  return [...scanned.map((entry) => ({ scanned: entry, engine: engineOf.get(entry) ?? null })), ...unseen];
}

function bestMatch(scanned: readonly ScannedContainer[], { id, pid }: EngineContainer): ScannedContainer | undefined {
  const sameId = scanned.filter((entry) => entry.id === id);
  const samePid = pid === null ? [] : scanned.filter((entry) => entry.pids.includes(pid));
  return (
    sameId.find((entry) => samePid.includes(entry)) ??
    // An engine without rights over cgroups (rootless) leaves no id in /proc.
    samePid.find((entry) => entry.id === null && entry.pid === pid) ??
    // The container was started again between the two looks, or the engine counts pids in another pid namespace. Where
    // two claim the id, one lies.
    (sameId.length === 1 ? sameId[0] : undefined)
  );
}
