// Which groups only visit a container: a terminal that joined its network, the `unshare` that waits for it. Pure. They are
// not containers of their own, because no namespace is theirs.
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import { addTo, byAge, indexBy, isInit } from './group';
import { haveSameOwner, isSame, markOf, type KnownGroup } from './known';

export interface WithoutVisitors {
  /** The oldest first. Whatever is left out has its namespaces in a group that stays. */
  readonly groups: KnownGroup[];
  /** Of those left out: the processes that only wait for the first one of a group, see waitsFor(). */
  readonly waiting: ReadonlySet<number>;
}

export function withoutVisitors(groups: readonly KnownGroup[]): WithoutVisitors {
  // Marks stand in for inodes, so they count only where some are locked.
  const marksCount = groups.some(({ leader }) => leader.locked.length > 0);
  const types = marksCount ? NAMESPACE_NAMES : [...new Set(groups.map(tellingType))];
  const kept: KnownGroup[] = [];
  const keptByKey = new Map<string | number, KnownGroup[]>();
  for (const guest of [...groups].sort((a, b) => byAge(a.leader, b.leader))) {
    const keys = keysOf(guest, types, marksCount);
    // Services that share a network (JoinsNamespaceOf=, systemd.unit(5)) are each what a person has set up.
    if (guest.service === null && visitsOne(guest, keys, keptByKey)) continue;
    kept.push(guest);
    for (const key of keys) addTo(keptByKey, key, guest);
  }
  const children = indexBy(kept, ({ leader }) => leader.stat.parentPid);
  const waits = (guest: KnownGroup): boolean =>
    guest.service === null && (children.get(guest.leader.pid) ?? []).some((other) => waitsFor(guest, other));
  const waiting = new Set(kept.filter(waits).map(({ leader }) => leader.pid));
  return { groups: kept.filter(({ leader }) => !waiting.has(leader.pid)), waiting };
}

/**
 * A type of which a visitor's namespace is that of the group it visits, where all inodes are known: see hasNothingMore().
 * What nobody asks about need not be looked up: with hundreds of containers that is most of the work.
 */
function tellingType({ own }: KnownGroup): NamespaceName {
  return own.find((type) => type !== 'mnt') ?? 'mnt';
}

/** What two groups can have in common, so that no group is compared with all others. */
function keysOf(group: KnownGroup, types: readonly NamespaceName[], marksCount: boolean): (string | number)[] {
  const keys: (string | number)[] = [];
  for (const type of types) {
    const inode = group.leader.inodes[type];
    if (inode !== undefined && group.own.includes(type)) keys.push(inode);
  }
  if (group.ownerKey !== null) keys.push(`owner ${group.ownerKey}`);
  if (!marksCount) return keys;
  for (const type of ['net', 'mnt'] as const) {
    const mark = markOf(group, type);
    if (mark !== null) keys.push(`${type} as ${mark}`);
  }
  return keys;
}

function visitsOne<K>(guest: KnownGroup, keys: readonly K[], groups: ReadonlyMap<K, readonly KnownGroup[]>): boolean {
  let asked: KnownGroup | null = null;
  for (const key of keys) {
    for (const older of groups.get(key) ?? []) {
      // Two that have one key in common mostly have the others too.
      if (older !== asked && hasNothingMore(guest, older)) return true;
      asked = older;
    }
  }
  return false;
}

/** A visitor came later. At least one namespace is known to be the other's, and of none is it known that it is not. */
function hasNothingMore(guest: KnownGroup, other: KnownGroup): boolean {
  let shares = false;
  for (const type of guest.own) {
    const answer = isSame(guest, other, type);
    if (answer === true) shares = true;
    // Private mounts over the host's filesystem only complete what was joined: /sys and resolv.conf (ip-netns(8)).
    else if (answer === false && !(type === 'mnt' && guest.hints().hostRoot)) return false;
  }
  return shares || haveSameOwner(guest, other);
}

/**
 * unshare(1) with --fork: it makes all namespaces, but those of pid and time begin with its child (unshare(2)). A first
 * process of a pid namespace is no such thing: there the namespace ends when it does.
 */
function waitsFor(guest: KnownGroup, other: KnownGroup): boolean {
  if (!onlyWaits(guest, other) || isInit(guest.leader)) return false;
  if (other.leader.stat.parentPid !== guest.leader.pid || byAge(guest.leader, other.leader) >= 0) return false;
  for (const type of other.own) if (!begins(type) && !guest.own.includes(type)) return false;
  let shares = false;
  for (const type of guest.own) {
    if (begins(type)) continue;
    const answer = other.own.includes(type) ? isSame(guest, other, type) : false;
    if (answer === false) return false;
    if (answer === true) shares = true;
  }
  return shares;
}

/** Besides the leader there is nothing but who came in later, and waits likewise for what it has started in there. */
function onlyWaits({ leader, processes }: KnownGroup, other: KnownGroup): boolean {
  return processes.every(
    (each) => each === leader || (each.stat.parentPid !== leader.pid && byAge(each, other.leader) > 0),
  );
}

function begins(type: NamespaceName): boolean {
  return type === 'pid' || type === 'time';
}
