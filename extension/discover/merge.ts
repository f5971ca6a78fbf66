// What /proc shows and what the engines tell, made into one picture. Pure. The inodes come from /proc alone, the names from
// the engines where they have one.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedContainer } from '../../helper/protocol';
import type { Container, NamespaceRef, Snapshot } from '../model/container';
import type { EngineContainer } from './engines/engine';
import { matchContainers } from './match';

/** `scan` is null where it failed: then only what the engines tell is left, all of it locked. */
export function mergeSnapshot(scan: ScanDocument | null, engineContainers: readonly EngineContainer[]): Snapshot {
  const scanned = scan?.containers ?? [];
  const found = matchContainers(scanned, engineContainers);
  const keys = uniqueKeys(found);
  const keyOfPid = new Map([...keys].flatMap(([entry, key]) => (entry.scanned ? [[entry.scanned.pid, key]] : [])));
  const members = membersByNamespace(found);

  const containers = found.map((entry): Container => {
    const { engine, scanned: seen } = entry;
    return {
      key: keys.get(entry) ?? '',
      engine: engineOf(entry),
      name: nameOf(entry),
      id: engine?.id ?? seen?.id ?? null,
      image: engine?.image ?? null,
      composeProject: engine?.composeProject ?? null,
      composeService: engine?.composeService ?? null,
      labels: engine?.labels ?? {},
      pid: seen?.pid ?? engine?.pid ?? 0,
      startTime: seen?.startTime ?? null,
      uid: seen?.uid ?? null,
      namespaces: NAMESPACE_NAMES.map((type) => namespaceRef(type, entry, scan?.host ?? null, members)),
      parentKey: (seen?.parent != null && keyOfPid.get(seen.parent)) || null,
    };
  });
  return { containers: containers.sort(byEngineProjectName), notes: unreadableNote(scan) };
}
