// What a group is called before any engine was asked. Pure. The names are whatever strangers chose: raw data, to be made
// fit for a screen by whoever shows them.
import { byAge } from './group';
import { haveSameOwner, type KnownGroup } from './known';
import type { NamedNetwork } from './namedNetworks';

export interface Name {
  engine: string;
  name: string;
  id: string | null;
}

export interface NameSources {
  readonly groups: readonly KnownGroup[];
  readonly networks: readonly NamedNetwork[];
  /** argv[0] of the leader; empty where it has none. */
  readonly argv0: string;
}

export function nameGroup(group: KnownGroup, sources: NameSources): Name {
  const { owner, stat } = group.leader;
  if (owner && ownerGroup(group, sources.groups) === group) return { ...owner };
  if (group.service !== null) return { engine: 'service', name: group.service, id: null };
  const network = namedNetwork(group, sources.networks);
  if (network) return { engine: 'netns', name: network.name, id: null };
  return { engine: 'sandbox', name: programName(sources.argv0) || stat.command, id: null };
}

/** The container whose cgroup the group lies in: the oldest one there. What it makes later only lies inside it. */
export function ownerGroup(group: KnownGroup, groups: readonly KnownGroup[]): KnownGroup | undefined {
  if (group.leader.owner === null) return undefined;
  return groups.filter((other) => haveSameOwner(other, group)).sort((a, b) => byAge(a.leader, b.leader))[0];
}

/** What `ip netns exec` makes: that network, and a mount namespace for /sys and /etc/netns (ip-netns(8)). */
function namedNetwork(group: KnownGroup, networks: readonly NamedNetwork[]): NamedNetwork | undefined {
  if (group.own.some((type) => type !== 'net' && type !== 'mnt')) return undefined;
  return networks.find((network) => network.inode === group.leader.inodes.net);
}

/** The program in argv[0]: without its folder, a login shell's `-`, or what setproctitle adds (`nginx: master process`). */
function programName(argv0: string): string {
  const program = /^([^\s/:]+): /.exec(argv0)?.[1] ?? argv0.slice(argv0.lastIndexOf('/') + 1);
  return program.replace(/^-/, '');
}
