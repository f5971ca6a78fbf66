// Everything about one namespace: whose it is, who is in it, what holds it, and what is in it where a process of it tells. Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container, Namespace } from '../model/container';
import { describeType } from '../shared/typeTexts';
import { formatPage, type Section } from './page';
import { aboutUnread, NET_FILES, type ProcessFiles } from './processFiles';
import type { RunningProcess } from './processes';
import { aboutGroups, aboutMounts, aboutNetwork, idMap } from './sections';

/** What is read for the page. */
export interface InNamespace {
  /** Those in it that are containers. */
  readonly containers: readonly Container[];
  /** The first of its processes. */
  readonly processes: readonly RunningProcess[];
  /** Of a process in it, by what /proc calls that; null where none is known. */
  readonly seenBy: { readonly pid: number | 'self'; readonly files: ProcessFiles } | null;
}

/** By which process what is in a namespace can be read; null where there is none. The machine's own are also ours. */
export function witnessOf({ host, pids }: Namespace): number | 'self' | null {
  return host ? 'self' : (pids[0] ?? null);
}

/** What of it tells about a namespace of a type. */
export function filesFor(type: NamespaceName): readonly (keyof ProcessFiles)[] {
  switch (type) {
    case 'net':
      return NET_FILES;
    case 'mnt':
      return ['mountinfo'];
    case 'user':
      return ['uid_map', 'gid_map'];
    case 'cgroup':
      return ['cgroup'];
    default:
      return [];
  }
}

export function namespacePage(namespace: Namespace, { containers, processes, seenBy }: InNamespace): string {
  const { type, inode, pids, heldBy } = namespace;
  const more = pids.length - processes.length;
  return formatPage(`${type}:[${inode}] — ${describeType(type)}`, [
    { title: t('Namespace'), rows: facts(namespace) },
    { title: t('Containers'), rows: containers.map(({ name, engine, state }) => [name, engine, state]) },
    {
      title: t('Processes'),
      rows: [
        ...processes.map(({ pid, command }) => [String(pid), command]),
        ...(more > 0 ? [[t('and {0} more', more)]] : []),
      ],
    },
    { title: t('Held by'), rows: heldBy.map((path) => [path]) },
    ...(seenBy ? [...contents(type, seenBy.files), aboutUnread(seenBy.pid, seenBy.files)] : []),
  ]);
}

function facts({ type, inode, owner, parent, host }: Namespace): string[][] {
  const known: [string, string | null][] = [
    [t('type'), type],
    ['inode', String(inode)],
    [t("this machine's own"), host ? t('yes') : t('no')],
    // Of a user namespace, its owner is its parent.
    [t('owner'), owner === null || type === 'user' ? null : `user:[${owner}]`],
    [t('parent'), parent === null ? null : `${type}:[${parent}]`],
  ];
  return known.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

function contents(type: NamespaceName, files: ProcessFiles): Section[] {
  switch (type) {
    case 'net':
      return aboutNetwork(files);
    case 'mnt':
      return [aboutMounts(files)];
    case 'cgroup':
      return [aboutGroups(files)];
    case 'user': {
      const rows = [
        [t('user ID map'), idMap(files.uid_map)],
        [t('group ID map'), idMap(files.gid_map)],
      ];
      return [{ title: t('IDs inside, IDs outside, count'), rows }];
    }
    default:
      return [];
  }
}
