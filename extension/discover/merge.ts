// What /proc shows and what the engines tell, made into one picture. Pure. Inodes come from /proc alone, names from the
// engines where they have one. Which belongs to which is for match.ts.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedNamespace, ScannedProcess, StoppedContainer } from '../../helper/protocol';
import { t } from '../l10n';
import { type Container, EMPTY_SNAPSHOT, type Namespace, type NamespaceRef, type Snapshot } from '../model/container';
import { isSame } from '../model/isSame';
import { sameItems } from '../model/sameItems';
import type { EngineContainer } from './engines/engine';
import { matchContainers, type FoundContainer } from './match';

/**
 * `scan` is null where it failed: then only what the engines tell is left, all of it locked. What did not change since
 * `before` is the same object as there. `asRoot`: root has scanned.
 */
export function mergeSnapshot(
  scan: ScanDocument | null,
  engineContainers: readonly EngineContainer[],
  before: Snapshot = EMPTY_SNAPSHOT,
  asRoot = false,
): Snapshot {
  const found = matchContainers(scan?.containers ?? [], engineContainers);
  const keys = uniqueKeys(found);
  const context = {
    scan,
    asRoot,
    keys,
    members: membersOf(found),
    keyOfPid: keysOfPids(found, keys),
    unseen: unseenNamespaces(scan),
    hosts: hostNamespaces(scan),
    processes: new Map((scan?.processes ?? []).map((process) => [process.pid, process])),
  };
  const containers = mergeContainers(found, context, before.containers);
  const namespaces = mergeNamespaces(context, before.namespaces);
  return { containers, namespaces, notes: unreadableNotes(scan) };
}

interface Context {
  readonly scan: ScanDocument | null;
  readonly asRoot: boolean;
  readonly keys: ReadonlyMap<FoundContainer, string>;
  readonly members: Members;
  readonly keyOfPid: ReadonlyMap<number, string>;
  /** Those of a container that /proc does not show: the same objects for all of them, of which there may be thousands. */
  readonly unseen: readonly NamespaceRef[];
  /** The host's own, the same objects for all that are in them. */
  readonly hosts: ReadonlyMap<NamespaceName, NamespaceRef>;
  readonly processes: ReadonlyMap<number, ScannedProcess>;
}

function keysOfPids(
  found: readonly FoundContainer[],
  keys: ReadonlyMap<FoundContainer, string>,
): ReadonlyMap<number, string> {
  const byPid = new Map<number, string>();
  for (const entry of found) if (entry.scanned) byPid.set(entry.scanned.pid, keys.get(entry) ?? '');
  return byPid;
}

const NOBODY: readonly FoundContainer[] = [];
const NO_NAMES: readonly string[] = [];
const NO_PROCESSES: readonly ScannedProcess[] = [];

/** Who is in each namespace. An inode alone does not tell a namespace: it is one of its type. */
type Members = Readonly<Record<NamespaceName, Map<number, FoundContainer[]>>>;

function mergeContainers(
  found: readonly FoundContainer[],
  context: Context,
  before: readonly Container[],
): Container[] {
  const known = new Map(before.map((container) => [container.key, container]));
  const keep = (container: Container): Container => {
    const same = known.get(container.key);
    return same && isSameContainer(same, container) ? same : container;
  };
  const containers = found.map((entry) => keep(mergeContainer(entry, context)));
  const taken = new Set(context.keys.values());
  const stopped = context.scan?.stopped ?? [];
  const told = ownersWhoseEngineTells(found, stopped, context.keys);
  for (const entry of stopped) {
    if (told.has(ownerOf(entry))) continue;
    const container = stoppedContainer(entry, taken);
    taken.add(container.key);
    containers.push(keep(container));
  }
  return containers.sort(byEngineProjectName);
}

/** Whose engine itself tells of some of their containers, and so of all: it knows sooner than its files which are gone. */
function ownersWhoseEngineTells(
  found: readonly FoundContainer[],
  stopped: readonly StoppedContainer[],
  keys: ReadonlyMap<FoundContainer, string>,
): ReadonlySet<string> {
  const owners = new Set<string>();
  if (stopped.length === 0) return owners;
  const told = new Set<string>();
  for (const entry of found) {
    const { engine, scanned } = entry;
    if (engine) told.add(keys.get(entry) ?? '');
    if (engine && scanned) owners.add(ownerOf(scanned));
  }
  for (const entry of stopped) {
    if (told.has(keyById(entry.engine, entry.engineNamespace, entry.id))) owners.add(ownerOf(entry));
  }
  return owners;
}

const ownerOf = ({ engine, user }: Pick<StoppedContainer, 'engine' | 'user'>): string => `${engine} ${user ?? ''}`;

function mergeContainer(entry: FoundContainer, context: Context): Container {
  const { engine, scanned } = entry;
  const { asRoot, keys, keyOfPid, unseen, processes } = context;
  return {
    key: keys.get(entry) ?? '',
    engine: engine?.engine ?? scanned?.engine ?? '',
    name: nameOf(entry),
    id: engine?.id ?? scanned?.id ?? null,
    engineNamespace: scanned?.engineNamespace ?? null,
    state: stateOf(entry),
    image: engine?.image ?? scanned?.image ?? null,
    pod: engine?.pod ?? scanned?.pod ?? null,
    composeProject: engine?.composeProject ?? scanned?.composeProject ?? null,
    composeService: engine?.composeService ?? scanned?.composeService ?? null,
    pid: scanned?.pid ?? engine?.pid ?? 0,
    startTime: scanned?.startTime ?? null,
    uid: scanned?.uid ?? null,
    user: scanned?.user ?? null,
    rootless: scanned?.rootless ?? false,
    namespaces: scanned ? unseen.map((reference) => seenNamespace(reference, entry, context)) : unseen,
    details: {
      labels: engine?.labels ?? scanned?.labels ?? {},
      processes: scanned ? scanned.pids.flatMap((pid) => processes.get(pid) ?? []) : NO_PROCESSES,
    },
    lockedForRoot: asRoot && scanned !== null && scanned.locked.length > 0,
    parentKey: (scanned && scanned.parent !== null && keyOfPid.get(scanned.parent)) || null,
  };
}

/** By the scan alone. Where it runs it has the same key, so that its row stays the same. */
function stoppedContainer(entry: StoppedContainer, taken: ReadonlySet<string>): Container {
  const { labels, ...others } = entry;
  const key = keyById(entry.engine, entry.engineNamespace, entry.id);
  return {
    ...others,
    // Root's and a user's own may have the same id.
    key: taken.has(key) ? `${key}@${entry.user ?? ''}` : key,
    state: 'stopped',
    pid: 0,
    startTime: null,
    uid: null,
    namespaces: LOCKED,
    details: { labels, processes: NO_PROCESSES },
    lockedForRoot: false,
    parentKey: null,
  };
}

function mergeNamespaces({ scan, keys, members }: Context, before: readonly Namespace[]): Namespace[] {
  const known = new Map(before.map((namespace) => [namespace.inode, namespace]));
  // Most are in one container alone, with others: these share a list.
  const keysOf = new Map<readonly FoundContainer[], readonly string[]>();
  return (scan?.namespaces ?? []).map((scanned) => {
    const { type, inode, owner, parent, pids, heldBy } = scanned;
    const host = scan?.host[type] === inode;
    const inside = host ? NOBODY : (members[type].get(inode) ?? NOBODY);
    const containerKeys = keysOf.get(inside) ?? inside.map((entry) => keys.get(entry) ?? '').sort(compare);
    keysOf.set(inside, containerKeys);
    const same = known.get(inode);
    const isKnown = same?.host === host && sameItems(same.containerKeys, containerKeys) && isOf(scanned, same);
    return isKnown ? same : { type, inode, owner, parent, pids, heldBy, host, containerKeys };
  });
}

const isOf = (scanned: ScannedNamespace, namespace: Namespace): boolean =>
  isSame(scanned, namespace, ['uidMap', 'gidMap']) && isSame(namespace, scanned, ['host', 'containerKeys']);

function isSameContainer(one: Container, other: Container): boolean {
  const sameReference = ({ inode, host, sharedWith }: NamespaceRef, index: number): boolean => {
    const reference = other.namespaces[index];
    return reference?.inode === inode && reference.host === host && sameItems(reference.sharedWith, sharedWith);
  };
  // All types are always there, and in the same order.
  return (
    one.namespaces.every(sameReference) &&
    isSame(one.details, other.details) &&
    isSame(one, other, ['namespaces', 'details'])
  );
}

function membersOf(found: readonly FoundContainer[]): Members {
  const members: Members = {
    cgroup: new Map(),
    ipc: new Map(),
    mnt: new Map(),
    net: new Map(),
    pid: new Map(),
    time: new Map(),
    user: new Map(),
    uts: new Map(),
  };
  for (const entry of found) {
    // Most are alone in most of theirs, which share this list.
    const alone = [entry];
    for (const type of NAMESPACE_NAMES) {
      const inode = entry.scanned?.namespaces[type];
      if (inode === undefined) continue;
      const others = members[type].get(inode);
      if (!others) members[type].set(inode, alone);
      else if (others.length === 1) members[type].set(inode, [...others, entry]);
      else others.push(entry);
    }
  }
  return members;
}

function nameOf({ engine, scanned }: FoundContainer): string {
  return engine?.name ?? scanned?.name ?? '';
}

/** The engine knows first whether its container is paused; that there is a process at all, /proc knows best. */
function stateOf({ engine, scanned }: FoundContainer): string {
  if (engine && (!scanned || engine.state === 'running' || engine.state === 'paused')) return engine.state;
  return scanned?.state ?? 'running';
}

const LOCKED = NAMESPACE_NAMES.map((type): NamespaceRef => ({ type, inode: null, host: false, sharedWith: NO_NAMES }));

/** Where neither has the kernel a type for the host, nobody has it, and nothing is locked. */
function unseenNamespaces(scan: ScanDocument | null): NamespaceRef[] {
  return LOCKED.map((locked) => ({ ...locked, host: scan !== null && scan.host[locked.type] === undefined }));
}

function hostNamespaces(scan: ScanDocument | null): ReadonlyMap<NamespaceName, NamespaceRef> {
  const hosts = new Map<NamespaceName, NamespaceRef>();
  for (const type of NAMESPACE_NAMES) {
    const inode = scan?.host[type];
    if (inode !== undefined) hosts.set(type, { type, inode, host: true, sharedWith: NO_NAMES });
  }
  return hosts;
}

/** `unseen`: what it is where it may not be read. */
function seenNamespace(unseen: NamespaceRef, entry: FoundContainer, { hosts, members }: Context): NamespaceRef {
  const { type } = unseen;
  const inode = entry.scanned?.namespaces[type];
  if (inode === undefined) return unseen;
  const host = hosts.get(type);
  if (inode === host?.inode) return host;
  const inside = members[type].get(inode) ?? NOBODY;
  const others = inside.length < 2 ? NOBODY : inside.filter((other) => other !== entry);
  return { type, inode, host: false, sharedWith: others.length === 0 ? NO_NAMES : others.map(nameOf).sort(compare) };
}

/** An engine's word comes first: an id that only a cgroup's name claims must not take the place of the real one. */
function uniqueKeys(found: readonly FoundContainer[]): Map<FoundContainer, string> {
  const keys = new Map<FoundContainer, string>();
  const taken = new Set<string>();
  for (const entry of [...found.filter(({ engine }) => engine), ...found.filter(({ engine }) => !engine)]) {
    const { engine, scanned } = entry;
    const id = engine?.id ?? scanned?.id ?? null;
    const kind = engine?.engine ?? scanned?.engine ?? '';
    const byId = id === null ? null : keyById(kind, scanned?.engineNamespace ?? null, id);
    const isUnique = byId !== null && !taken.has(byId);
    const key = isUnique ? byId : `${kind}:${scanned?.pid ?? 0}@${scanned?.startTime ?? 0}`;
    taken.add(key);
    keys.set(entry, key);
  }
  return keys;
}

const keyById = (engine: string, namespace: string | null, id: string): string =>
  namespace === null ? `${engine}:${id}` : `${engine}:${namespace}/${id}`;

function byEngineProjectName(a: Container, b: Container): number {
  return (
    compare(a.engine, b.engine) ||
    compare(a.composeProject ?? '', b.composeProject ?? '') ||
    compare(a.name, b.name) ||
    a.pid - b.pid
  );
}

/** The same everywhere, whatever the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unreadableNotes(scan: ScanDocument | null): string[] {
  const [first, ...others] = scan?.unreadable ?? [];
  if (!first) return [];
  if (others.length === 0) return [t('Process {0} could not be read ({1})', first.pid, first.error)];
  return [t('Process {0} and {1} more could not be read ({2})', first.pid, others.length, first.error)];
}
