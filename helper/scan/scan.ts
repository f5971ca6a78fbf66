// The whole scan: a proc tree in, a ScanDocument out. What the steps mean is in the files beside this one:
// process.ts (is it the host's?) → group.ts → visitors.ts → name.ts. No engine is asked, nothing is joined.
import { NAMESPACE_NAMES } from '../namespaceTypes';
import { SCAN_VERSION, type NamespaceInodes, type ScanDocument, type ScannedContainer } from '../protocol';
import { cgroupService, parseCgroupPaths } from './cgroup';
import { groupProcesses, type Group } from './group';
import { readHints, readHostHints } from './hints';
import { ownTypes, type KnownGroup } from './known';
import { NO_MEMORY, type Memory } from './memory';
import { nameGroup, ownerGroup } from './name';
import { readNamedNetworks, type NamedNetwork } from './namedNetworks';
import { parseArgv0, parseNamespaceLink, parseStatus } from './parse';
import { readProcess, type ContainedProcess, type Host } from './process';
import { isVanished, listPids, readLink, readRecord, tryReadRecord } from './procfs';
import { withoutVisitors } from './visitors';

export interface ScanOptions {
  /** The proc tree; `self` in it is the one whose namespaces are the host's. */
  root?: string;
  networks?: readonly NamedNetwork[];
  /** Of earlier scans. */
  memory?: Memory;
}

export function scan({
  root = '/proc',
  networks = readNamedNetworks(),
  memory = NO_MEMORY,
}: ScanOptions = {}): ScanDocument {
  const host = readHost(root);
  const contained: ContainedProcess[] = [];
  const unreadable: ScanDocument['unreadable'] = [];
  const parents = new Map<number, number>();
  const pids = listPids(root);
  memory.begin(pids);
  for (const pid of pids) {
    const reading = memory.recall(pid, 'process', () => readProcess(root, pid, host));
    if (reading.kind === 'unreadable') unreadable.push({ pid, error: reading.error });
    if ('stat' in reading) parents.set(pid, reading.stat.parentPid);
    if (reading.kind === 'contained') contained.push(reading.process);
  }

  const known = groupProcesses(contained).map((group) => describe(root, group, host, memory));
  const groups = withoutVisitors(known).sort((a, b) => a.leader.pid - b.leader.pid);
  const containers = groups.map((group): ScannedContainer => {
    const { leader, processes } = group;
    const argv0 = memory.recall(leader.pid, 'argv0', () =>
      parseArgv0(tryReadRecord(`${root}/${leader.pid}/cmdline`, ARGV0_LIMIT) ?? ''),
    );
    return {
      ...nameGroup(group, { groups, networks, argv0 }),
      pid: leader.pid,
      startTime: leader.stat.startTime,
      uid: leader.uid,
      pids: processes.map((process) => process.pid),
      parent: parentGroup(group, groups, parents)?.leader.pid ?? null,
      namespaces: leader.inodes,
      locked: [...leader.locked],
    };
  });
  return { version: SCAN_VERSION, host: host.inodes, containers, unreadable };
}

/** More than a path can have (PATH_MAX). */
const ARGV0_LIMIT = 4096;

function readHost(root: string): Host {
  const folder = `${root}/self`;
  const inodes: NamespaceInodes = {};
  for (const type of NAMESPACE_NAMES) {
    try {
      inodes[type] = parseNamespaceLink(readLink(`${folder}/ns/${type}`));
    } catch (error) {
      // A kernel that does not know the type has no such link.
      if (!isVanished(error)) throw error;
    }
  }
  return { inodes, hints: readHostHints(folder), pidDepth: parseStatus(readRecord(`${folder}/status`)).pids.length };
}

function describe(root: string, group: Group, host: Host, memory: Memory): KnownGroup {
  const { leader } = group;
  const hints =
    leader.hints ?? memory.recall(leader.pid, 'hints', () => readHints(`${root}/${leader.pid}`, host.hints));
  const parentCgroup = memory.recall(leader.pid, 'parentCgroup', () =>
    parseCgroupPaths(tryReadRecord(`${root}/${leader.stat.parentPid}/cgroup`) ?? '').at(0),
  );
  // Only the unit's first process is the service; what it starts in namespaces of their own is something else.
  const isFirst = parentCgroup !== leader.cgroupPaths[0];
  return {
    ...group,
    hints,
    own: ownTypes(leader, hints, host),
    service: isFirst ? cgroupService(leader.cgroupPaths) : null,
  };
}

/** The container among whose processes the leader has an ancestor, or else the one whose cgroup it lies in. */
function parentGroup(
  group: KnownGroup,
  groups: readonly KnownGroup[],
  parents: ReadonlyMap<number, number>,
): KnownGroup | undefined {
  const seen = new Set<number>();
  let pid = parents.get(group.leader.pid);
  // Parents can seem to go round in a circle where a pid was used again between two readings.
  while (pid !== undefined && !seen.has(pid)) {
    seen.add(pid);
    const at = pid;
    const found = groups.find((other) => other !== group && other.processes.some((process) => process.pid === at));
    if (found) return found;
    pid = parents.get(pid);
  }
  const owner = ownerGroup(group, groups);
  return owner === group ? undefined : owner;
}
