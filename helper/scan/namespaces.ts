// Every namespace that may be read, the host's and those without a process among them: who is in it, whose it is, and
// what else keeps it. Left out: namespaces of processes that may not be read.
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { ScannedNamespace } from '../protocol';
import { findHolders } from './holders';
import type { KnownGroup } from './known';
import { setsInOrder, type Members } from './members';
import type { Memory } from './memory';
import { parseIdMap } from '../idMap';
import type { ContainedProcess, Host, SeenProcess } from './process';
import { tryReadRecord } from './procfs';
import { readHeldRelation, readRelation, type Relation, type UserNamespace } from './relations';

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

export interface ListedNamespaces {
  readonly namespaces: ScannedNamespace[];
  /** Why of a process not all that it holds was read, by pid. */
  readonly unreadable: ReadonlyMap<number, string>;
}

/** Anybody can hold one and the same namespace by as many mounts as they like, and nobody reads more than these. */
const MOST_HOLDERS = 32;

export function listNamespaces(root: string, sources: NamespaceSources): ListedNamespaces {
  const { seen, host, hostPids } = sources;
  const found = new Found();
  const hosts = NAMESPACE_NAMES.flatMap((type) => {
    const inode = host.inodes[type];
    return inode === undefined ? [] : [found.add(type, inode, { process: 'self' })];
  });
  const units: Entry[][] = [];
  for (const { first, members } of setsInOrder(seen, host)) {
    const { inodes, own } = first;
    const place = { process: first.pid };
    const unit: Entry[] = [];
    for (const type of own) {
      const inode = inodes[type];
      if (inode === undefined) continue;
      let entry = found.get(type, inode);
      if (!entry) unit.push((entry = found.add(type, inode, place)));
      if (type === 'pid' && isHostsChild(first, host)) entry.hostsChild = true;
      if (inodes.user !== host.inodes.user) entry.foreign = true;
      entry.members = entry.members?.and(members) ?? members;
    }
    if (unit.length > 0) units.push(unit);
    if (!hostPids) continue;
    for (const entry of hosts) {
      const { type, inode } = entry.namespace;
      if (inodes[type] === inode) entry.members = entry.members?.and(members) ?? members;
    }
  }
  const { held, unreadable } = findHolders(root, sources);
  for (const { type, inode, by, path = by, relation } of held) {
    const entry = found.get(type, inode) ?? found.add(type, inode, relation ? { relation } : { path });
    if (entry.namespace.heldBy.length < MOST_HOLDERS) entry.namespace.heldBy.push(by);
  }
  for (const unit of units) completeUnit(root, unit, sources);
  found.each((entry) => {
    if (!isOfUnit(entry)) complete(root, entry, sources);
    if (entry.above) addAbove(found, entry.above);
  });
  const namespaces: ScannedNamespace[] = [];
  found.each(({ namespace, members }) => {
    if (members) namespace.pids = members.pids;
    namespaces.push(namespace);
  });
  return { namespaces, unreadable };
}

/** Where a namespace can be opened: by a process in it, or by what holds it; or else what is known of it. */
type Place = { process: number | 'self' } | { path: string | Buffer } | { relation: Relation };

interface Entry {
  readonly namespace: ScannedNamespace;
  /** Null where there is no way in but by what it owns. */
  readonly place: Place | null;
  /** Null where no process is in it, or nobody asks who is. */
  members: Members | null;
  above: UserNamespace | null;
  /** Some process in it is in another user namespace than the host's. */
  foreign: boolean;
  /** See isHostsChild(). */
  hostsChild: boolean;
}

class Found {
  readonly #byType = new Map(NAMESPACE_NAMES.map((type) => [type, new Map<number, Entry>()]));

  get(type: NamespaceName, inode: number): Entry | undefined {
    return this.#byType.get(type)?.get(inode);
  }

  add(type: NamespaceName, inode: number, place: Place | null): Entry {
    const namespace = { type, inode, owner: null, parent: null, pids: [], heldBy: [] };
    const entry = { namespace, place, members: null, above: null, foreign: false, hostsChild: false };
    this.#byType.get(type)?.set(inode, entry);
    return entry;
  }

  /** Type by type. What is added meanwhile may be left out. */
  each(use: (entry: Entry) => void): void {
    // No iterator: its results, one for each of thousands of namespaces, would be garbage.
    this.#byType.forEach((entries) => {
      entries.forEach(use);
    });
  }
}

/** Of the machine's own user namespace: PROC_USER_INIT_INO in linux/proc_ns.h. */
const INITIAL_USER = 0xeffffffd;

/**
 * Whether a process is the first one of a pid namespace that the host made, which then needs no asking: no process ever
 * comes back up from a user namespace that it went into (user_namespaces(7)), so whoever made it for this process was in the initial
 * one too; and with one pid more than the scanner itself has, the process is one level below the scanner.
 */
function isHostsChild(process: SeenProcess, { inodes, pidDepth }: Host): boolean {
  if (process.inodes.user !== INITIAL_USER || inodes.user !== INITIAL_USER || !('pids' in process)) return false;
  const { pids } = process as ContainedProcess;
  return pidDepth === 1 && pids.length === 2 && pids[1] === 1;
}

/** Namespaces first seen with one process mostly were made together. The others are each a unit of its own. */
function isOfUnit({ namespace, place, foreign }: Entry): boolean {
  return !foreign && namespace.type !== 'user' && place !== null && 'process' in place && place.process !== 'self';
}

/**
 * A process of the host's user namespace had its namespaces made there, or has joined them. So where nobody of another
 * user namespace is in any of them, and those that are asked about are the host's own, the kernel is not asked about each of
 * the others: with hundreds of containers that is half of the time. The network is asked about, because it is what programs
 * join by itself, and its owner may have ended since; the pid namespace, because its parent is asked for too; or else any.
 */
function completeUnit(root: string, entries: readonly Entry[], sources: NamespaceSources): void {
  const unit = entries.filter(isOfUnit);
  const mayTell = unit.some(tells);
  const { user } = sources.host.inodes;
  let areHosts = user !== undefined;
  const isAsked = (entry: Entry): boolean => (mayTell ? tells(entry) : entry === unit[0]);
  unit.forEach((entry) => {
    if (!isAsked(entry)) return;
    complete(root, entry, sources);
    if (entry.namespace.owner !== user) areHosts = false;
  });
  unit.forEach((entry) => {
    if (isAsked(entry)) return;
    if (areHosts) entry.namespace.owner = user ?? null;
    else complete(root, entry, sources);
  });
}

const tells = ({ namespace: { type } }: Entry): boolean => type === 'pid' || type === 'net';

function complete(root: string, entry: Entry, sources: NamespaceSources): void {
  const { namespace, place } = entry;
  if (place === null) return;
  if (entry.hostsChild) {
    namespace.owner = INITIAL_USER;
    namespace.parent = sources.host.inodes.pid ?? null;
    return;
  }
  const { owner, parent } = relationOf(root, namespace.type, place, sources);
  namespace.owner = owner?.inode ?? null;
  namespace.parent = parent;
  entry.above = owner;
  if (namespace.type !== 'user' || !('process' in place)) return;
  const map = (file: string): string =>
    recall(place, sources, file, () => tryReadRecord(`${root}/${place.process}/${file}`) ?? '');
  namespace.uidMap = parseIdMap(map('uid_map'));
  namespace.gidMap = parseIdMap(map('gid_map'));
}

function relationOf(root: string, type: NamespaceName, place: Place, sources: NamespaceSources): Relation {
  const top = sources.host.inodes.user;
  if ('relation' in place) return place.relation;
  if ('path' in place) return readHeldRelation(place.path, type, { top, own: false });
  const path = `${root}/${place.process}/ns/${type}`;
  const own = place.process === 'self';
  return recall(place, sources, `relation ${type}`, () => readRelation(path, type, { top, own }));
}

function recall<T>(
  { process }: { process: number | 'self' },
  { memory }: NamespaceSources,
  what: string,
  read: () => T,
): T {
  // Of the scanner's own nothing changes while it runs.
  return process === 'self' ? memory.keep(`own ${what}`, () => '', read) : memory.recall(process, what, read);
}

/** User namespaces that no process is in, but that own others: what bubblewrap and rootless engines leave in between. */
function addAbove(found: Found, above: UserNamespace): void {
  for (let at: UserNamespace | null = above; at !== null && !found.get('user', at.inode); at = at.owner) {
    const { namespace } = found.add('user', at.inode, null);
    namespace.owner = at.owner?.inode ?? null;
    namespace.parent = namespace.owner;
  }
}
