// Listening sockets of a network namespace, from /proc/PID/net/{tcp,tcp6,udp,udp6}. Pure.
import { formatInet6 } from './addresses';

export interface Listening {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** States of <net/tcp_states.h>: 0A listens; a UDP socket that is bound and not connected is in 07. */
const STATE: Record<string, string> = { tcp: '0A', tcp6: '0A', udp: '07', udp6: '07' };

export function parseSockets(protocol: 'tcp' | 'tcp6' | 'udp' | 'udp6', text: string): Listening[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /.exec(line);
    if (!match || match[3] !== STATE[protocol]) return [];
    return [{ protocol, address: formatAddress(match[1] ?? ''), port: parseInt(match[2] ?? '', 16) }];
  });
}

/** The kernel prints an address as words of 32 bits, each with the machine's byte order; all that this runs on are little-endian. */
export function formatAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const inOrder = words.map((word) => (word.match(/../g) ?? []).reverse().join('')).join('');
  if (words.length > 1) return formatInet6(inOrder.toLowerCase());
  return (inOrder.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).join('.');
}
