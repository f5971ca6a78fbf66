// The ports of a container, below a row of their own: they are read only when a person opens it. Pure.
import { t } from '../l10n';
import type { Port, Ports } from '../inspect/ports';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { joined, type NoteNode, noteNode, type PortNode, type PortsNode } from './rows';

/** What was read of containers whose row is open, by their keys; null where it is being read. */
export type KnownPorts = ReadonlyMap<string, Ports | null>;

/** More would fill the view with what a person looks for elsewhere. */
const MOST_PORTS = 200;

/** None for a container without a network of its own: what the machine listens on is not the container's. */
export function portsNodes(container: Container, ports: Ports | null | undefined): PortsNode[] {
  const net = container.namespaces.find(({ type }) => type === 'net');
  if (!net || net.host) return [];
  const id = `${container.key}/ports`;
  const found = ports && 'ports' in ports ? ports.ports : [];
  const label = t('Listening Ports');
  const description = ports && 'ports' in ports ? String(found.length) : '';
  return [
    {
      kind: 'ports',
      id,
      label,
      description,
      tooltip: label,
      spoken: joined([label, description, t('of {0}', plain(container.name, 80))]),
      contextValue: 'ports',
      container,
      children: found.length > 0 ? portNodes(container, id, found) : [noteNode(id, ...whyNone(container, ports))],
    },
  ];
}

/** The icon, why there is none, and what a row has room for where that is less. */
function whyNone({ startTime }: Container, ports: Ports | null | undefined): [NoteNode['icon'], string, string?] {
  // Its engine tells of it, but its process is elsewhere.
  if (startTime === null) return ['lock', t('locked — its process is not visible on this machine'), t('locked')];
  if (!ports) return ['loading~spin', t('looking…')];
  if ('ports' in ports) return ['info', t('nothing listens in this network')];
  if (ports.unread === 'ENOENT' || ports.unread === 'ESRCH') return ['info', t('its process has ended')];
  return ['lock', t('locked — only root may read them ({0})', plain(ports.unread, 40)), t('locked')];
}

function portNodes(container: Container, parent: string, ports: readonly Port[]): PortNode[] {
  return ports.slice(0, MOST_PORTS).map((port) => portNode(container, parent, port));
}

function portNode(container: Container, parent: string, port: Port): PortNode {
  const { protocol, address, process, uid, reachedAt, inode } = port;
  const program = process ? plain(process.command, 80) : '';
  const label = String(port.port);
  const description = [`${protocol} ${address}`, program].filter((part) => part !== '').join(' · ');
  const owner = process ? t('pid {0}', process.pid) : t('user {0}', uid);
  return {
    kind: 'port',
    // Two programs may listen on one address and port (SO_REUSEPORT, socket(7)): the socket tells them apart.
    id: `${parent}/${protocol}/${address}/${label}/${inode}`,
    label,
    description,
    tooltip: [t('{0}, reached at {1}', protocol, reachedAt), program, owner].filter((line) => line !== '').join('\n'),
    spoken: joined([t('port {0}', label), description, t('of {0}', plain(container.name, 80))]),
    contextValue: 'port',
    container,
    reachedAt,
    children: [],
  };
}
