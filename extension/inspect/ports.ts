// The ports that are listened on in a container's network, as /proc tells them to this user: each with the address that
// reaches it, and with its process where that may be known. Reads when asked, keeps nothing.
import { open, readdir, readlink } from 'node:fs/promises';
import type { ScannedProcess } from '../../helper/protocol';
import type { Container } from '../model/container';
import { addressesOf } from './addresses';
import { readStartTime } from './startTime';
import { type Listening, parseSockets, PROTOCOLS } from './sockets';

export interface Port extends Listening {
  /** Where a client in reach of that network finds it: `172.17.0.2:80`, `[::1]:53`. */
  readonly reachedAt: string;
  /** The first of the container's processes that has it open; null where none of them may be asked. */
  readonly process: ScannedProcess | null;
}

/** In the order of ports; or why they could not be read, by the errno's name. */
export type Ports = { readonly ports: readonly Port[] } | { readonly unread: string };

/** A network with a great many connections has a long file; the kernel lists sockets that listen first. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A pid that an engine told, and that /proc does not show as this container's, may be that of anybody here. */
export async function readPorts(container: Pick<Container, 'pid' | 'startTime' | 'details'>): Promise<Ports> {
  if (container.startTime === null) return { unread: 'ESRCH' };
  try {
    const read = PROTOCOLS.map(async (protocol) => parseSockets(protocol, await readTable(container.pid, protocol)));
    const sockets = (await Promise.all(read)).flat().sort(byPort);
    const wanted = new Set(sockets.map(({ inode }) => inode));
    const [addresses, owners] = await Promise.all([
      addressesOf(container.pid),
      ownersOf(wanted, container.details.processes),
    ]);
    // All of this was of that process only if it still is the same.
    if ((await readStartTime(container.pid)) !== container.startTime) return { unread: 'ESRCH' };
    return {
      ports: sockets.map((socket) => ({
        ...socket,
        reachedAt: reachedAt(socket, addresses),
        process: owners.get(socket.inode) ?? null,
      })),
    };
  } catch (error) {
    return { unread: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** A kernel without IPv6 has no table of it. */
async function readTable(pid: number, protocol: (typeof PROTOCOLS)[number]): Promise<string> {
  try {
    return await readBounded(`/proc/${pid}/net/${protocol}`);
  } catch (error) {
    if (protocol.endsWith('6') && (error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Each read of such a file gives about a page, however much is asked for. */
async function readBounded(path: string): Promise<string> {
  const file = await open(path);
  try {
    const parts: Buffer[] = [];
    for await (const part of file.createReadStream({ end: MOST_BYTES, autoClose: false })) parts.push(part as Buffer);
    return Buffer.concat(parts).toString('latin1');
  } finally {
    await file.close();
  }
}

/** A socket that listens everywhere is reached at an address of the network, or else at its loopback. */
export function reachedAt(
  { address, port }: Pick<Listening, 'address' | 'port'>,
  addresses: readonly string[],
): string {
  const isV6 = (text: string): boolean => text.includes(':');
  let host = address;
  if (address === '0.0.0.0') host = addresses.find((each) => !isV6(each)) ?? '127.0.0.1';
  // It takes IPv4 too, unless its program has refused that (IPV6_V6ONLY, ipv6(7)).
  if (address === '::') host = addresses.find(isV6) ?? addresses[0] ?? '::1';
  return isV6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Asking is a system call for each descriptor; a container with more processes than this is asked in part. */
const MOST_PROCESSES = 200;

/** Processes by the inode of the socket that they have open. Only one's own may be asked, and root may ask all. */
async function ownersOf(
  wanted: ReadonlySet<number>,
  processes: readonly ScannedProcess[],
): Promise<Map<number, ScannedProcess>> {
  const owners = new Map<number, ScannedProcess>();
  // One after the other: the oldest comes first, and most often it has all of them.
  for (const process of processes.slice(0, MOST_PROCESSES)) {
    if (owners.size === wanted.size) break;
    for (const inode of await socketsOf(process.pid)) {
      if (wanted.has(inode) && !owners.has(inode)) owners.set(inode, process);
    }
  }
  return owners;
}

async function socketsOf(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.flatMap((link) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}

function byPort(a: Listening, b: Listening): number {
  return a.port - b.port || (a.protocol < b.protocol ? -1 : Number(a.protocol > b.protocol));
}
