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
  const candidates = new Candidates(scanned);
  const engineOf = new Map<ScannedContainer, EngineContainer>();
  const unseen: FoundContainer[] = [];
  for (const engine of engineContainers) {
    const match = bestMatch(candidates, engine);
    if (match) {
      candidates.take(match);
      engineOf.set(match, engine);
    } else unseen.push({ scanned: null, engine });
  }
  return [...scanned.map((entry) => ({ scanned: entry, engine: engineOf.get(entry) ?? null })), ...unseen];
}

/** Those of the scan that no engine's container has taken yet. */
class Candidates {
  readonly #left: Set<ScannedContainer>;
  readonly #byId = new Map<string, ScannedContainer[]>();
  readonly #byPid = new Map<number, ScannedContainer>();

  constructor(scanned: readonly ScannedContainer[]) {
    this.#left = new Set(scanned);
    for (const entry of scanned) {
      for (const pid of entry.pids) this.#byPid.set(pid, entry);
      if (entry.id !== null) this.#byId.set(entry.id, [...(this.#byId.get(entry.id) ?? []), entry]);
    }
  }

  withId(id: string): ScannedContainer[] {
    return (this.#byId.get(id) ?? []).filter((entry) => this.#left.has(entry));
  }

  /** A process is in one container at most. */
  withPid(pid: number): ScannedContainer | null {
    const entry = this.#byPid.get(pid);
    return entry && this.#left.has(entry) ? entry : null;
  }

  take(entry: ScannedContainer): void {
    this.#left.delete(entry);
  }
}

function bestMatch(candidates: Candidates, { id, pid }: EngineContainer): ScannedContainer | null {
  const sameId = candidates.withId(id);
  const samePid = pid === null ? null : candidates.withPid(pid);
  if (samePid && sameId.includes(samePid)) return samePid;
  // An engine without rights over cgroups (rootless) leaves no id in /proc.
  if (samePid && samePid.id === null && samePid.pid === pid) return samePid;
  // The container was started again between the two looks, or the engine counts pids in another pid namespace. Where two
  // claim the id, one lies.
  return sameId.length === 1 ? (sameId[0] ?? null) : null;
}
