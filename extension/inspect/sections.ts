// The parts that the page of a container and that of a namespace have in common. Pure.
import { t } from '../l10n';
import { parseFibTrie, parseInet6 } from './addresses';
import { parseMounts } from './mounts';
import type { Section } from './page';
import type { ProcessFiles } from './processFiles';
import { parseRoutes, parseRoutes6 } from './routes';
import { parseSockets, PROTOCOLS } from './sockets';

export function aboutNetwork(files: ProcessFiles): Section[] {
  const sockets = PROTOCOLS.flatMap((protocol) => parseSockets(protocol, files[`net/${protocol}`] ?? ''));
  return [
    {
      title: t('Addresses'),
      rows: [
        ...parseFibTrie(files['net/fib_trie'] ?? '').map((address) => [address]),
        ...parseInet6(files['net/if_inet6'] ?? '').map(({ address, device }) => [address, device]),
      ],
    },
    {
      title: t('Routes'),
      rows: [...parseRoutes(files['net/route'] ?? ''), ...parseRoutes6(files['net/ipv6_route'] ?? '')].map((route) => [
        route,
      ]),
    },
    {
      title: t('Listening sockets'),
      rows: sockets.map(({ protocol, address, port }) => [protocol, String(port), address]),
    },
  ];
}

export function aboutGroups({ cgroup }: ProcessFiles): Section {
  return { title: t('Control groups'), rows: lines(cgroup).map((line) => [line]) };
}

export function aboutMounts({ mountinfo }: ProcessFiles): Section {
  const mounts = parseMounts(mountinfo ?? '');
  return {
    title: t('Mounts'),
    rows: mounts.map(({ point, type, source, options }) => [point, type, source, options]),
  };
}

/** The lines of /proc/PID/uid_map or gid_map on one: `0 1000 1; 1 100000 65536`. */
export function idMap(text: string | null | undefined): string {
  return lines(text).join('; ').replace(/ +/g, ' ');
}

function lines(text: string | null | undefined): string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
