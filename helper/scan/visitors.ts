// Which groups only visit a container: a terminal that joined its network, the `unshare` that waits for it. Pure. They are
// not containers of their own, because no namespace is theirs.
import { byAge, isInit } from './group';
import { haveSameOwner, isSame, type KnownGroup } from './known';

/** The oldest first. Whatever is left out has its namespaces in a group that stays. */
export function withoutVisitors(groups: readonly KnownGroup[]): KnownGroup[] {
  const kept: KnownGroup[] = [];
  for (const guest of [...groups].sort((a, b) => byAge(a.leader, b.leader))) {
    // Services that share a network (JoinsNamespaceOf=, systemd.unit(5)) are each what a person has set up.
    if (guest.service !== null || !kept.some((older) => hasNothingMore(guest, older))) kept.push(guest);
  }
  return kept.filter((guest) => guest.service !== null || !kept.some((other) => waitsFor(guest, other)));
}

/** A visitor came later. At least one namespace is known to be the other's, and of none is it known that it is not. */
function hasNothingMore(guest: KnownGroup, other: KnownGroup): boolean {
  const answers = guest.own.map((type) => {
    const answer = isSame(guest, other, type);
    // Private mounts over the host's filesystem only complete what was joined: /sys and resolv.conf (ip-netns(8)).
    return type === 'mnt' && answer === false && guest.hints.hostRoot ? null : answer;
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
