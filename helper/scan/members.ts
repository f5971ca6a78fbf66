// Who is in a namespace: the processes of one set of namespaces, or of several sets that have it in common. Pure.
import type { Host, SeenProcess } from './process';

/** Processes that are in just the same namespaces. */
export interface ProcessSet {
  /** That with the lowest pid. */
  readonly first: SeenProcess;
  readonly members: Members;
}

/**
 * First the sets in a pid namespace of their own: who only made it is in the others too, and would take half of them along.
 * `seen`: lowest pid first.
 */
export function setsInOrder(seen: readonly SeenProcess[], host: Host): ProcessSet[] {
  const pidsOf = new Map<string, number[]>();
  const inside: ProcessSet[] = [];
  const outside: ProcessSet[] = [];
  for (const first of seen) {
    const known = pidsOf.get(first.key);
    if (known) {
      known.push(first.pid);
      continue;
    }
    const pids = [first.pid];
    pidsOf.set(first.key, pids);
    (first.inodes.pid === host.inodes.pid ? outside : inside).push({ first, members: new Members(pids) });
  }
  return [...inside, ...outside];
}

/** The namespaces of a set mostly have the same members, so these are put together once for all of them. */
export class Members {
  #with: Members | null = null;
  #all: number[] | null = null;

  constructor(
    readonly own: number[],
    readonly before: Members | null = null,
  ) {}

  /** These and those of another set. */
  and({ own }: Members): Members {
    if (this.#with?.own !== own) this.#with = new Members(own, this);
    return this.#with;
  }

  /** Lowest first. */
  get pids(): number[] {
    return (this.#all ??= this.before ? collect(this) : this.own);
  }
}

function collect(last: Members): number[] {
  const pids: number[] = [];
  let inOrder = true;
  for (let at: Members | null = last; at; at = at.before) {
    if (at.own[0] !== undefined && at.own[0] < (pids.at(-1) ?? 0)) inOrder = false;
    for (const pid of at.own) pids.push(pid);
  }
  // Mostly they are: who made the namespaces has the lowest pid, and its set comes last.
  return inOrder ? pids : pids.sort((a, b) => a - b);
}
