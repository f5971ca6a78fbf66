// Which groups only visit a container: a terminal that joined its network, the `unshare` that waits for it. Pure. They are
// not containers of their own, because no namespace is theirs.
import { byAge, indexBy, isInit } from './group';
import { haveSameOwner, isSame, markOf, ownerKey, type KnownGroup } from './known';

/** The oldest first. Whatever is left out has its namespaces in a group that stays. */
export function withoutVisitors(groups: readonly KnownGroup[]): KnownGroup[] {
  const kept = new Neighbours(groups.some(({ leader }) => leader.locked.length > 0));
  for (const guest of [...groups].sort((a, b) => byAge(a.leader, b.leader))) {
    // Services that share a network (JoinsNamespaceOf=, systemd.unit(5)) are each what a person has set up.
    if (guest.service !== null || !kept.of(guest).some((older) => hasNothingMore(guest, older))) kept.add(guest);
  }
  const children = indexBy(kept.all, ({ leader }) => leader.stat.parentPid);
  return kept.all.filter((guest) => {
    const made = children.get(guest.leader.pid) ?? [];
    return guest.service !== null || !made.some((other) => waitsFor(guest, other));
  });
}

/** Groups by what two can have in common, so that no group is compared with all others. */
class Neighbours {
  readonly all: KnownGroup[] = [];
  readonly #byKey = new Map<string, KnownGroup[]>();

  /** Marks stand in for inodes, so they count only where some are locked. */
  constructor(private readonly marksCount: boolean) {}

  add(group: KnownGroup): void {
    this.all.push(group);
    for (const key of this.#keys(group)) {
      const groups = this.#byKey.get(key);
      if (groups) groups.push(group);
      else this.#byKey.set(key, [group]);
    }
  }

  of(group: KnownGroup): KnownGroup[] {
    return this.#keys(group).flatMap((key) => this.#byKey.get(key) ?? []);
  }

  #keys(group: KnownGroup): string[] {
    const keys: string[] = [];
    for (const type of group.own) {
      const inode = group.leader.inodes[type];
      if (inode !== undefined) keys.push(`${type} ${inode}`);
    }
    const owner = ownerKey(group);
    if (owner !== null) keys.push(`owner ${owner}`);
    if (!this.marksCount) return keys;
    for (const type of ['net', 'mnt'] as const) {
      const mark = markOf(group, type);
      if (mark !== null) keys.push(`${type} as ${mark}`);
    }
    return keys;
  }
}

/** A visitor came later. At least one namespace is known to be the other's, and of none is it known that it is not. */
function hasNothingMore(guest: KnownGroup, other: KnownGroup): boolean {
  const answers = guest.own.map((type) => {
    const answer = isSame(guest, other, type);
    // Private mounts over the host's filesystem only complete what was joined: /sys and resolv.conf (ip-netns(8)).
    return type === 'mnt' && answer === false && guest.hints().hostRoot ? null : answer;
  });
  return !answers.includes(false) && (answers.includes(true) || haveSameOwner(guest, other));
}

/**
 * unshare(1) with --fork: it makes all namespaces, but those of pid and time begin with its child (unshare(2)). A first
 * process of a pid namespace is no such thing: there the namespace ends when it does.
 */
function waitsFor(guest: KnownGroup, other: KnownGroup): boolean {
  if (guest.processes.length !== 1 || isInit(guest.leader)) return false;
  if (other.leader.stat.parentPid !== guest.leader.pid || byAge(guest.leader, other.leader) >= 0) return false;
  const [made, shared] = [guest, other].map((group) => group.own.filter((type) => type !== 'pid' && type !== 'time'));
  const answers = made?.map((type) => isSame(guest, other, type)) ?? [];
  return String(made) === String(shared) && answers.includes(true) && !answers.includes(false);
}
