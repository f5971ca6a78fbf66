// What a group is called by /proc alone, before anything of an engine's was read. Pure. The names are whatever strangers
// chose: raw data, to be made fit for a screen by whoever shows them.
import { byAge, indexBy } from './group';
import { ownerKey, type KnownGroup } from './known';
import type { NamedNetwork } from './namedNetworks';

/** By ownerKey(): the container whose cgroup it is, the oldest group there. What it makes later only lies inside it. */
export function ownerGroups(groups: readonly KnownGroup[]): Map<string, KnownGroup> {
  const owners = new Map<string, KnownGroup>();
  for (const [key, inCgroup] of indexBy(groups, ownerKey)) {
    const [oldest] = [...inCgroup].sort((a, b) => byAge(a.leader, b.leader));
    if (key !== null && oldest) owners.set(key, oldest);
  }
  return owners;
}

/** The container whose cgroup the group lies in: itself, or the one inside which it was made. */
export function ownerGroupOf(group: KnownGroup, owners: ReadonlyMap<string, KnownGroup>): KnownGroup | undefined {
  const key = ownerKey(group);
  return key === null ? undefined : owners.get(key);
}

/** What `ip netns exec` makes: that network, and a mount namespace for /sys and /etc/netns (ip-netns(8)). */
export function namedNetwork(group: KnownGroup, networks: readonly NamedNetwork[]): NamedNetwork | undefined {
  if (group.own.some((type) => type !== 'net' && type !== 'mnt')) return undefined;
  return networks.find((network) => network.inode === group.leader.inodes.net);
}

/** The program in argv[0]: without its folder, a login shell's `-`, or what setproctitle adds (`nginx: master process`). */
export function programName(argv0: string): string {
  const program = /^([^\s/:]+): /.exec(argv0)?.[1] ?? argv0.slice(argv0.lastIndexOf('/') + 1);
  return program.replace(/^-/, '');
}
