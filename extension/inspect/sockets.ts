// Listening sockets of a network namespace, from /proc/PID/net/{tcp,tcp6,udp,udp6}. Pure.
import { formatInet6 } from './addresses';

export interface Listening {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  /** Whose socket it is, as seen from here. */
  readonly uid: number;
  /** By which a descriptor of a process tells that it is this socket: `socket:[INODE]`. */
  readonly inode: number;
}

/** States of <net/tcp_states.h>: 0A listens; a UDP socket that is bound and not connected is in 07. */
const STATE: Record<string, string> = { tcp: '0A', tcp6: '0A', udp: '07', udp6: '07' };

/** Slot, address:port here and there, state, queues, timer, retransmits, uid, timeout, inode (proc_pid_net(5)). */
const LINE = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+ +(\d+) +\d+ (\d+)(?: |$)/;

export const PROTOCOLS = ['tcp', 'tcp6', 'udp', 'udp6'] as const;

export function parseSockets(protocol: (typeof PROTOCOLS)[number], text: string): Listening[] {
  return text.split('\n').flatMap((line) => {
    const [, hex = '', port = '', state, uid, inode] = LINE.exec(line) ?? [];
    if (state === undefined || state !== STATE[protocol]) return [];
    return [
      { protocol, address: formatAddress(hex), port: parseInt(port, 16), uid: Number(uid), inode: Number(inode) },
    ];
  });
}

/** The kernel prints an address as words of 32 bits, each with the machine's byte order; all that this runs on are little-endian. */
export function formatAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const inOrder = words.map((word) => (word.match(/../g) ?? []).reverse().join('')).join('');
  if (words.length > 1) return formatInet6(inOrder.toLowerCase());
  return (inOrder.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).join('.');
}
