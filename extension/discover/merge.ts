// What /proc shows and what the engines tell, made into one picture. Pure. Inodes come from /proc alone, names from the
// engines where they have one. Which belongs to which is for match.ts.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedProcess } from '../../helper/protocol';
import { t } from '../l10n';
import type { Container, Namespace, NamespaceRef, Snapshot } from '../model/container';
import type { EngineContainer } from './engines/engine';
import { matchContainers, type FoundContainer } from './match';

/** `scan` is null where it failed: then only what the engines tell is left, all of it locked. */
export function mergeSnapshot(scan: ScanDocument | null, engineContainers: readonly EngineContainer[]): Snapshot {
  const found = matchContainers(scan?.containers ?? [], engineContainers);
  const keys = uniqueKeys(found);
  const keyOfPid = new Map(found.map((entry) => [entry.scanned?.pid, keys.get(entry)]));
  const members = membersOf(found);
  const processes = new Map(scan?.processes.map((process) => [process.pid, process]));
  const containers = found.map((entry): Container => {
    const { engine, scanned } = entry;
    return {
      key: keys.get(entry) ?? '',
      engine: engine?.engine ?? scanned?.engine ?? '',
      name: nameOf(entry),
      id: engine?.id ?? scanned?.id ?? null,
      state: stateOf(entry),
      image: engine?.image ?? scanned?.image ?? null,
      pod: engine?.pod ?? scanned?.pod ?? null,
      composeProject: engine?.composeProject ?? scanned?.composeProject ?? null,
      composeService: engine?.composeService ?? scanned?.composeService ?? null,
      labels: engine?.labels ?? scanned?.labels ?? {},
      pid: scanned?.pid ?? engine?.pid ?? 0,
      startTime: scanned?.startTime ?? null,
      uid: scanned?.uid ?? null,
      user: scanned?.user ?? null,
      rootless: scanned?.rootless ?? false,
      namespaces: NAMESPACE_NAMES.map((type) => namespaceRef(type, entry, members, scan)),
      processes: processesOf(entry, processes),
      parentKey: (scanned && scanned.parent !== null && keyOfPid.get(scanned.parent)) || null,
    };
  });
  const keysOf = (type: NamespaceName, inode: number): string[] =>
    (members.get(memberKey(type, inode)) ?? []).flatMap((entry) => keys.get(entry) ?? []).sort(compare);
  const namespaces = (scan?.namespaces ?? []).map((namespace): Namespace => {
    const { type, inode } = namespace;
    const host = scan?.host[type] === inode;
    return { ...namespace, host, containerKeys: host ? [] : keysOf(type, inode) };
  });
  return { containers: containers.sort(byEngineProjectName), namespaces, notes: unreadableNotes(scan) };
}

/** Who is in each namespace, by memberKey(). */
function membersOf(found: readonly FoundContainer[]): Map<string, FoundContainer[]> {
  const members = new Map<string, FoundContainer[]>();
  for (const entry of found) {
    for (const type of NAMESPACE_NAMES) {
      const inode = entry.scanned?.namespaces[type];
      if (inode === undefined) continue;
      const key = memberKey(type, inode);
      const others = members.get(key);
      if (others) others.push(entry);
      else members.set(key, [entry]);
    }
  }
  return members;
}

function memberKey(type: NamespaceName, inode: number): string {
  return `${type} ${inode}`;
}

function processesOf({ scanned }: FoundContainer, processes: ReadonlyMap<number, ScannedProcess>): ScannedProcess[] {
  return (scanned?.pids ?? []).flatMap((pid) => processes.get(pid) ?? []);
}

function nameOf({ engine, scanned }: FoundContainer): string {
  return engine?.name ?? scanned?.name ?? '';
}

/** The engine knows first whether its container is paused; that there is a process at all, /proc knows best. */
function stateOf({ engine, scanned }: FoundContainer): string {
  if (engine && (!scanned || engine.state === 'running' || engine.state === 'paused')) return engine.state;
  return scanned?.state ?? 'running';
}

function namespaceRef(
  type: NamespaceName,
  entry: FoundContainer,
  members: ReadonlyMap<string, readonly FoundContainer[]>,
  scan: ScanDocument | null,
): NamespaceRef {
  const inode = entry.scanned?.namespaces[type] ?? null;
  if (inode === null) {
    // Neither has the kernel this type for the host: then nobody has it, and nothing is locked.
    const unknown = scan !== null && scan.host[type] === undefined;
    return { type, inode, host: unknown, sharedWith: [] };
  }
  if (inode === scan?.host[type]) return { type, inode, host: true, sharedWith: [] };
  const others = (members.get(memberKey(type, inode)) ?? []).filter((other) => other !== entry);
  return { type, inode, host: false, sharedWith: others.map(nameOf).sort(compare) };
}

/** An engine's word comes first: an id that only a cgroup's name claims must not take the place of the real one. */
function uniqueKeys(found: readonly FoundContainer[]): Map<FoundContainer, string> {
  const keys = new Map<FoundContainer, string>();
  const taken = new Set<string>();
  for (const entry of [...found.filter(({ engine }) => engine), ...found.filter(({ engine }) => !engine)]) {
    const { engine, scanned } = entry;
    const id = engine?.id ?? scanned?.id ?? null;
    const kind = engine?.engine ?? scanned?.engine ?? '';
    const byId = id === null ? null : `${kind}:${id}`;
    const byProcess = `${kind}:${scanned?.pid ?? 0}@${scanned?.startTime ?? 0}`;
    const key = byId === null || taken.has(byId) ? byProcess : byId;
    taken.add(key);
    keys.set(entry, key);
  }
  return keys;
}

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
