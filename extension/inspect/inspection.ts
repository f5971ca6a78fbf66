// Everything about one container that /proc tells to this user, as a page. Only reads; what may not be read is left out, and
// said at the end.
import { readFile } from 'node:fs/promises';
import { t } from '../l10n';
import type { Container } from '../model/container';
import { parseFibTrie, parseInet6 } from './addresses';
import { parseMounts } from './mounts';
import { formatPage, type Section } from './page';
import { parseRoutes } from './routes';
import { parseSockets, PROTOCOLS } from './sockets';
import { describeCapabilities, describeSeccomp, statusField } from './status';

export const FILES = [
  'status',
  'uid_map',
  'gid_map',
  'cgroup',
  'mountinfo',
  'net/fib_trie',
  'net/if_inet6',
  'net/route',
  'net/tcp',
  'net/tcp6',
  'net/udp',
  'net/udp6',
] as const;

/** Contents of files of /proc/PID; null for one that could not be read. */
export type ProcessFiles = Readonly<Record<(typeof FILES)[number], string | null>>;

/** Files of /proc have no size, but these are at most a few megabytes. */
export async function readProcess(pid: number): Promise<ProcessFiles> {
  const read = async (name: (typeof FILES)[number]): Promise<[typeof name, string | null]> => [
    name,
    await readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => null),
  ];
  return Object.fromEntries(await Promise.all(FILES.map(read))) as ProcessFiles;
}

export function inspectionPage(container: Container, files: ProcessFiles): string {
  const unread = FILES.filter((name) => files[name] === null).map((name) => [`/proc/${container.pid}/${name}`]);
  return formatPage(`${container.name} (${container.engine})`, [
    { title: t('Container'), rows: aboutContainer(container) },
    { title: t('Namespaces'), rows: aboutNamespaces(container) },
    { title: t('Identity of its first process'), rows: aboutIdentity(files) },
    ...aboutNetwork(files),
    { title: t('Control groups'), rows: lines(files.cgroup).map((line) => [line]) },
    {
      title: t('Mounts'),
      rows: parseMounts(files.mountinfo ?? '').map(({ point, type, source, options }) => [
        point,
        type,
        source,
        options,
      ]),
    },
    { title: t('Could not be read'), rows: unread },
  ]);
}

function aboutContainer({ id, image, composeProject, composeService, pid, startTime, labels }: Container): string[][] {
  const facts: [string, string | null][] = [
    ['id', id],
    [t('image'), image],
    [t('compose project'), composeProject],
    [t('compose service'), composeService],
    [t('process'), startTime === null ? String(pid) : t('{0}, started {1} ticks after boot', pid, startTime)],
    ...Object.entries(labels).map(([name, value]): [string, string] => [t('label {0}', name), value]),
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

function aboutNamespaces({ namespaces }: Container): string[][] {
  return namespaces.map(({ type, inode, host, sharedWith }) => {
    if (inode === null) return [type, '', host ? t('not in this kernel') : t('locked')];
    const shared = sharedWith.length > 0 ? t('shared with {0}', sharedWith.join(', ')) : '';
    return [type, String(inode), host ? t("this machine's own") : shared];
  });
}

function aboutIdentity({ status, uid_map: uids, gid_map: gids }: ProcessFiles): string[][] {
  if (status === null) return [];
  const map = (text: string | null): string => lines(text).join('; ').replace(/ +/g, ' ');
  return [
    [t('user ids'), statusField(status, 'Uid') ?? ''],
    [t('group ids'), statusField(status, 'Gid') ?? ''],
    [t('groups'), statusField(status, 'Groups') ?? ''],
    [t('user id map'), map(uids)],
    [t('group id map'), map(gids)],
    [t('capabilities'), describeCapabilities(status, 'CapEff')],
    [t('at most'), describeCapabilities(status, 'CapBnd')],
    ['no_new_privs', statusField(status, 'NoNewPrivs') === '1' ? t('yes') : t('no')],
    ['seccomp', describeSeccomp(status)],
  ];
}

function aboutNetwork(files: ProcessFiles): Section[] {
  const sockets = PROTOCOLS.flatMap((protocol) => parseSockets(protocol, files[`net/${protocol}`] ?? ''));
  return [
    {
      title: t('Addresses'),
      rows: [
        ...parseFibTrie(files['net/fib_trie'] ?? '').map((address) => [address]),
        ...parseInet6(files['net/if_inet6'] ?? '').map(({ address, device }) => [address, device]),
      ],
    },
    { title: t('Routes'), rows: parseRoutes(files['net/route'] ?? '').map((route) => [route]) },
    {
      title: t('Listening sockets'),
      rows: sockets.map(({ protocol, address, port }) => [protocol, String(port), address]),
    },
  ];
}

function lines(text: string | null): string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
