// The whole scan: a proc tree in, a ScanDocument out. What the steps mean is in the files beside this one:
// process.ts (is it the host's?) → group.ts → visitors.ts → identify.ts (what is it called?) → namespaces.ts. No engine is
// asked, nothing is joined.
import { NAMESPACE_NAMES } from '../namespaceTypes';
import { SCAN_VERSION, type NamespaceInodes, type ScanDocument, type ScannedContainer } from '../protocol';
import { Accounts } from './accounts';
import { Cgroups } from './cgroup';
import { Budget } from './budget';
import { CommandLines } from './commandLines';
import { findDaemons } from './daemons';
import { groupProcesses, type Group } from './group';
import { readHints, readHostHints, type HostHints } from './hints';
import { Identifier } from './identify';
import { ownerKey, ownTypes, type KnownGroup } from './known';
import { NO_MEMORY, type Memory, type WatchMemory } from './memory';
import { ownerGroupOf, ownerGroups } from './name';
import { readNamedNetworks, type NamedNetwork } from './namedNetworks';
import { listNamespaces } from './namespaces';
import { parseNamespaceLink, parseStatus } from './parse';
import {
  NamespaceSets,
  hasMoved,
  readCgroup,
  readProcess,
  type ContainedProcess,
  type Host,
  type ProcessReading,
  type SeenProcess,
} from './process';
import { describeProcesses } from './processes';
import { isVanished, listPids, ProcessFolder, readRecord } from './procfs';
import { listStopped } from './stopped';
import { withoutVisitors } from './visitors';

export interface ScanOptions {
  /** The proc tree; `self` in it is the one whose namespaces are the host's. */
  root?: string;
  /** The processes in it, where they were just listed. */
  pids?: readonly number[];
  networks?: readonly NamedNetwork[];
  /** Of earlier scans. */
  memory?: Memory;
  /** For what users other than root keep on disk. */
  budget?: Budget;
  /** Containers alone. What is left out of the document is empty there. */
  containersOnly?: boolean;
  /** List also who is in the host's own namespaces: nearly all of the machine, and never twice the same. */
  hostPids?: boolean;
}

export function scan({
  root = '/proc',
  pids = listPids(root),
  networks = readNamedNetworks(),
  memory = NO_MEMORY,
  budget = new Budget(),
  containersOnly = false,
  hostPids = false,
}: ScanOptions = {}): ScanDocument {
  const host = readHost(root, memory);
  const contained: ContainedProcess[] = [];
  const seen: SeenProcess[] = [];
  const unreadable: ScanDocument['unreadable'] = [];
  memory.begin(pids);
  for (const pid of pids) {
    const reading = memory.recall(pid, 'process', () => readProcess(root, pid, host));
    if (reading.kind === 'unreadable') unreadable.push({ pid, error: reading.error });
    if ('process' in reading) seen.push(reading.process);
    if (reading.kind === 'contained') contained.push(reading.process);
  }

  const known = groupProcesses(contained).map((group) => knownGroupOf(root, group, host, memory));
  const { groups, waiting } = withoutVisitors(known);
  groups.sort((a, b) => a.leader.pid - b.leader.pid);
  const owners = ownerGroups(groups);
  const parents = parentGroups(groups, owners, seen);
  const commands = new CommandLines(root, memory);
  const accounts = new Accounts();
  const { mnt } = host.inodes;
  const identifier = new Identifier({ root, owners, waiting, networks, memory, commands, accounts, budget, mnt });
  const containers = groups.map((group): ScannedContainer => {
    const { leader, processes } = group;
    return {
      ...identifier.identify(group),
      pid: leader.pid,
      startTime: leader.stat.startTime,
      uid: leader.uid,
      pids: processes.map((process) => process.pid),
      parent: parents.get(group)?.leader.pid ?? null,
      namespaces: leader.inodes,
      locked: [...leader.locked],
    };
  });
  for (const [pid, error] of identifier.unread) unreadable.push({ pid, error });
  const document = { version: SCAN_VERSION, host: host.inodes, containers, unreadable } as const;
  if (containersOnly) return { ...document, stopped: [], engines: [], namespaces: [], processes: [] };
  const { namespaces, unreadable: partly } = listNamespaces(root, { seen, groups, parents, host, memory, hostPids });
  for (const [pid, error] of partly) unreadable.push({ pid, error });
  return {
    ...document,
    stopped: listStopped({ containers, stores: identifier.stores, accounts, memory, budget }),
    engines: findDaemons(root, seen, commands, memory),
    namespaces,
    processes: describeProcesses(groups, namespaces, commands),
  };
}

/** Whether processes have moved since they were read for the last scan, as far as there is time to ask; see memory.ts. */
export function someMoved(memory: WatchMemory, root = '/proc'): boolean {
  const { types } = readHost(root, memory).sets;
  // What readProcess() gave.
  return memory.verify('process', (pid, before) => !hasMoved(root, pid, before as ProcessReading, types));
}

function readHost(root: string, memory: Memory): Host {
  const folder = `${root}/self`;
  // The scanner itself stays where it is.
  const { inodes, pidDepth } = memory.keep(
    'host',
    () => '',
    () => ({ inodes: readOwnNamespaces(folder), pidDepth: parseStatus(readRecord(`${folder}/status`)).pids.length }),
  );
  let hints: HostHints | null = null;
  return {
    inodes,
    sets: new NamespaceSets(inodes),
    hints: () => (hints ??= readHostHints(folder)),
    readsAll: !memory.lasts,
    pidDepth,
    cgroups: new Cgroups(),
  };
}

function readOwnNamespaces(folder: string): NamespaceInodes {
  const inodes: NamespaceInodes = {};
  const self = new ProcessFolder(folder);
  try {
    for (const type of NAMESPACE_NAMES) {
      try {
        inodes[type] = parseNamespaceLink(self.namespace(type), type);
      } catch (error) {
        // A kernel that does not know the type has no such link.
        if (!isVanished(error)) throw error;
      }
    }
  } finally {
    self.close();
  }
  return inodes;
}

function knownGroupOf(root: string, group: Group, host: Host, memory: Memory): KnownGroup {
  const { leader } = group;
  const folder = `${root}/${leader.pid}`;
  const cgroup = memory.recall(leader.pid, 'cgroup', () => readCgroup(folder, host));
  // Only the unit's first process is the service; what it starts in namespaces of their own is something else.
  const { service } = cgroup;
  const isFirst = (): boolean =>
    memory.recall(leader.pid, 'parent cgroup', () => readCgroup(`${root}/${leader.stat.parentPid}`, host)).paths[0] !==
    cgroup.paths[0];
  return {
    ...group,
    ownerKey: ownerKey(cgroup),
    hints: () => leader.clues?.hints ?? memory.recall(leader.pid, 'hints', () => readHints(folder, host.hints())),
    owner: cgroup.owner,
    cgroupPaths: cgroup.paths,
    own: ownTypes(leader, host),
    service: service !== null && isFirst() ? service : null,
  };
}

/** For each, the container among whose processes the leader has an ancestor, or else the one whose cgroup it lies in. */
function parentGroups(
  groups: readonly KnownGroup[],
  owners: ReadonlyMap<string, KnownGroup>,
  seen: readonly SeenProcess[],
): Map<KnownGroup, KnownGroup> {
  const parentOf = new Map<number, number>();
  for (const { pid, stat } of seen) parentOf.set(pid, stat.parentPid);
  const groupOf = new Map<number, KnownGroup>();
  for (const group of groups) for (const { pid } of group.processes) groupOf.set(pid, group);
  const parents = new Map<KnownGroup, KnownGroup>();
  for (const group of groups) {
    const parent = ancestorGroup(group, parentOf, groupOf) ?? ownerGroupOf(group, owners);
    if (parent && parent !== group) parents.set(group, parent);
  }
  return parents;
}

function ancestorGroup(
  group: KnownGroup,
  parentOf: ReadonlyMap<number, number>,
  groupOf: ReadonlyMap<number, KnownGroup>,
): KnownGroup | undefined {
  const passed = new Set<number>();
  let pid = parentOf.get(group.leader.pid);
  // Parents can seem to go round in a circle where a pid was used again between two readings.
  while (pid !== undefined && !passed.has(pid)) {
    const found = groupOf.get(pid);
    if (found && found !== group) return found;
    passed.add(pid);
    pid = parentOf.get(pid);
  }
  return undefined;
}
