// Every namespace that may be read, the host's and those without a process among them: who is in it, whose it is, and
// what else keeps it. Left out: what only a socket keeps, and namespaces of processes that may not be read.
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { ScannedNamespace } from '../protocol';
import { indexBy, readableKey } from './group';
import { findHolders } from './holders';
import type { KnownGroup } from './known';
import type { Memory } from './memory';
import { parseIdMap } from './parse';
import type { Host, SeenProcess } from './process';
import { tryReadRecord } from './procfs';
import { readRelation, type UserNamespace } from './relations';

export interface NamespaceSources {
  /** All processes, lowest pid first. */
  readonly seen: readonly SeenProcess[];
  readonly groups: readonly KnownGroup[];
  readonly parents: ReadonlyMap<KnownGroup, KnownGroup>;
  readonly host: Host;
  readonly memory: Memory;
  /** Whether to list who is in the host's. */
  readonly hostPids: boolean;
}

export function listNamespaces(root: string, sources: NamespaceSources): ScannedNamespace[] {
  const { seen, host, hostPids } = sources;
  const found = new Found();
  for (const type of NAMESPACE_NAMES) {
    const inode = host.inodes[type];
    if (inode !== undefined) found.add(type, inode, { folder: `${root}/self`, pid: null });
  }
  // First those in a pid namespace of their own: who only made it is in the others too, and would take half of them along.
  const sets = [...indexBy(seen, readableKey).values()];
  const isOutside = ([first]: SeenProcess[]): number => Number(first?.inodes.pid === host.inodes.pid);
  for (const [first, ...others] of sets.sort((a, b) => isOutside(a) - isOutside(b))) {
    const { inodes, pid } = first as SeenProcess;
    for (const type of NAMESPACE_NAMES) {
      const inode = inodes[type];
      if (inode === undefined) continue;
      const entry = found.get(type, inode) ?? found.add(type, inode, { folder: `${root}/${pid}`, pid });
      if (inodes.user !== host.inodes.user) entry.foreign = true;
      if (!hostPids && inode === host.inodes[type]) continue;
      entry.namespace.pids.push(pid);
      for (const other of others) entry.namespace.pids.push(other.pid);
    }
  }
  for (const { type, inode, path } of findHolders(root, sources)) {
    const entry = found.get(type, inode) ?? found.add(type, inode, { path, pid: null });
    entry.namespace.heldBy.push(path);
  }
  const all = found.all();
  for (const entries of indexBy(all, unitOf).values()) completeUnit(entries, sources);
  for (const { above } of all) addAbove(found, above);
  return found.all().map(({ namespace }) => {
    namespace.pids.sort((a, b) => a - b);
    return namespace;
  });
}

/** Where a namespace can be opened: by the folder in /proc of a process in it, or by what holds it. */
type Place = { folder: string; pid: number | null } | { path: string; pid: null };

interface Entry {
  readonly namespace: ScannedNamespace;
  /** Null where there is no way in but by what it owns. */
  readonly place: Place | null;
  above: UserNamespace | null;
  /** Some process in it is in another user namespace than the host's. */
  foreign: boolean;
}

class Found {
  readonly #byType = new Map(NAMESPACE_NAMES.map((type) => [type, new Map<number, Entry>()]));

  get(type: NamespaceName, inode: number): Entry | undefined {
    return this.#byType.get(type)?.get(inode);
  }

  add(type: NamespaceName, inode: number, place: Place | null): Entry {
    const namespace = { type, inode, owner: null, parent: null, pids: [], heldBy: [] };
    const entry = { namespace, place, above: null, foreign: false };
    this.#byType.get(type)?.set(inode, entry);
    return entry;
  }

  all(): Entry[] {
    return [...this.#byType.values()].flatMap((entries) => [...entries.values()]);
  }
}

/** Namespaces first seen with one process, which mostly were made together; the others each for itself. */
function unitOf(entry: Entry): unknown {
  const { namespace, place, foreign } = entry;
  return foreign || namespace.type === 'user' || !place?.pid ? entry : place.pid;
}

/**
 * A process of the host's user namespace had its namespaces made there, or has joined them. So where nobody of another
 * user namespace is in any of them, and the first one is the host's own, the kernel is not asked about each of the others:
 * with hundreds of containers that is half of the time. The pid namespace comes first, since its parent is asked for too.
 */
function completeUnit(entries: readonly Entry[], sources: NamespaceSources): void {
  const first = entries.find(({ namespace }) => namespace.type === 'pid') ?? entries[0];
  if (!first) return;
  complete(first, sources);
  const { owner } = first.namespace;
  for (const entry of entries) {
    if (entry === first) continue;
    if (owner !== null && owner === sources.host.inodes.user) entry.namespace.owner = owner;
    else complete(entry, sources);
  }
}

function complete(entry: Entry, { host, memory }: NamespaceSources): void {
  const { namespace, place } = entry;
  const { type } = namespace;
  if (place === null) return;
  const path = 'path' in place ? place.path : `${place.folder}/ns/${type}`;
  const read = (): ReturnType<typeof readRelation> =>
    readRelation(path, type, { top: host.inodes.user, held: 'path' in place });
  const relation = place.pid === null ? read() : memory.recall(place.pid, `relation ${type}`, read);
  namespace.owner = relation.owner?.inode ?? null;
  namespace.parent = relation.parent;
  entry.above = relation.owner;
  if (type !== 'user' || !('folder' in place)) return;
  const { folder, pid } = place;
  const readMap = (file: string): string => tryReadRecord(`${folder}/${file}`) ?? '';
  const map = (file: string): string => (pid === null ? readMap(file) : memory.recall(pid, file, () => readMap(file)));
  namespace.uidMap = parseIdMap(map('uid_map'));
  namespace.gidMap = parseIdMap(map('gid_map'));
}

/** User namespaces that no process is in, but that own others: what bubblewrap and rootless engines leave in between. */
function addAbove(found: Found, above: UserNamespace | null): void {
  for (let at = above; at !== null && !found.get('user', at.inode); at = at.owner) {
    const { namespace } = found.add('user', at.inode, null);
    namespace.owner = at.owner?.inode ?? null;
    namespace.parent = namespace.owner;
  }
}
