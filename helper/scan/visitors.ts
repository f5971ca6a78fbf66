// Which groups only visit a container: a terminal that joined its network, the `unshare` that waits for it. Pure. They are
// not containers of their own, because no namespace is theirs.
import { byAge } from './group';
import { haveSameOwner, isSame, type KnownGroup } from './known';

export function withoutVisitors(groups: readonly KnownGroup[]): KnownGroup[] {
  return groups.filter((guest) => !groups.some((other) => other !== guest && visits(guest, other)));
}

/**
 * A guest has nothing but what the other has too, and it either came later, or is the one process that made the other and
 * waits for it: unshare(1) with --fork makes all namespaces first, and the child alone is in the pid namespace.
 */
function visits(guest: KnownGroup, other: KnownGroup): boolean {
  // Services that share a network (JoinsNamespaceOf=, systemd.unit(5)) are each what a person has set up.
  if (guest.service !== null) return false;
  if (byAge(guest.leader, other.leader) > 0) return hasNothingMore(guest, other);
  const waits = guest.processes.length === 1 && other.leader.stat.parentPid === guest.leader.pid;
  return waits && hasNothingMore(guest, other) && !hasNothingMore(other, guest);
}

/** At least one namespace is known to be the other's, and of none is it known that it is not. */
function hasNothingMore(guest: KnownGroup, other: KnownGroup): boolean {
  const answers = guest.own.map((type) => {
    const answer = isSame(guest, other, type);
    // Private mounts over the host's filesystem only complete what was joined: /sys and resolv.conf (ip-netns(8)).
    return type === 'mnt' && answer === false && guest.hints.hostRoot ? null : answer;
  });
  return !answers.includes(false) && (answers.includes(true) || haveSameOwner(guest, other));
}
