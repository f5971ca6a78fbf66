// What a group is called by /proc alone, before anything of an engine's was read. Pure. The names are whatever strangers
// chose: raw data, to be made fit for a screen by whoever shows them.
import { byAge } from './group';
import type { KnownGroup } from './known';
import type { NamedNetwork } from './namedNetworks';

/** By ownerKey(): the container whose cgroup it is, the oldest group there. What it makes later only lies inside it. */
export function ownerGroups(groups: readonly KnownGroup[]): Map<string, KnownGroup> {
  const owners = new Map<string, KnownGroup>();
  for (const group of groups) {
    const known = group.ownerKey === null ? undefined : owners.get(group.ownerKey);
    if (group.ownerKey === null || (known && byAge(known.leader, group.leader) <= 0)) continue;
    owners.set(group.ownerKey, group);
  }
  return owners;
}

/** The container whose cgroup the group lies in: itself, or the one inside which it was made. */
export function ownerGroupOf(group: KnownGroup, owners: ReadonlyMap<string, KnownGroup>): KnownGroup | undefined {
  return group.ownerKey === null ? undefined : owners.get(group.ownerKey);
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
