// The files of /proc that the pages are made of. Only reads; what may not be read is null, and said on the page.
import { readFile } from 'node:fs/promises';
import { t } from '../l10n';
import type { Section } from './page';

export const NET_FILES = [
  'net/fib_trie',
  'net/if_inet6',
  'net/route',
  'net/ipv6_route',
  'net/tcp',
  'net/tcp6',
  'net/udp',
  'net/udp6',
] as const;

export const FILES = ['status', 'uid_map', 'gid_map', 'cgroup', 'mountinfo', ...NET_FILES] as const;

type FileName = (typeof FILES)[number];

/** Contents of files of /proc/PID; null for one that could not be read, and without those that were not asked for. */
export type ProcessFiles = Readonly<Partial<Record<FileName, string | null>>>;

/** Files of /proc have no size, but these are at most a few megabytes. */
export async function readProcess(pid: number | 'self', names: readonly FileName[] = FILES): Promise<ProcessFiles> {
  const read = async (name: FileName): Promise<[FileName, string | null]> => [
    name,
    await readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => null),
  ];
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** What was asked for in vain. */
export function aboutUnread(pid: number | 'self', files: ProcessFiles): Section {
  const unread = FILES.filter((name) => files[name] === null).map((name) => [`/proc/${pid}/${name}`]);
  return { title: t('Could not be read'), rows: unread };
}
