// The routes of a network namespace, from /proc/PID/net/route and ipv6_route. Pure.
import { formatInet6 } from './addresses';
import { formatAddress } from './sockets';

/** One line each, as ip-route(8) would say it; `default via 172.17.0.1 dev eth0`. */
export function parseRoutes(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [device, destination = '', gateway = '', , , , , mask = ''] = line
      .trim()
      .split('\t')
      .map((field) => field.trim());
    if (device === undefined || !/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return [];
    const length = parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    const via = /^0*$/.test(gateway) ? null : formatAddress(gateway);
    return [describeRoute(formatAddress(destination), length, via, device)];
  });
}

/** Destination and prefix length, source and its length, next hop, metric, references, uses, flags, device (kernel: rt6_info_route). */
const LINE6 =
  /^([0-9a-f]{32}) ([0-9a-f]{2}) [0-9a-f]{32} [0-9a-f]{2} ([0-9a-f]{32}) (?:[0-9a-f]{8} ){3}([0-9a-f]{8}) +(\S+)$/;

/** Of <linux/ipv6_route.h> and <linux/route.h>: local, anycast, learnt for one address only, refused. */
const NOT_A_ROUTE_OUT = 0x8000_0000 | 0x0010_0000 | 0x0100_0000 | 0x0200;

/** Those that `ip -6 route` shows: not the machine's own addresses, nor multicast. */
export function parseRoutes6(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, destination = '', length = '', hop = '', flags = '', device = ''] = LINE6.exec(line) ?? [];
    if (device === '' || destination.startsWith('ff') || (parseInt(flags, 16) & NOT_A_ROUTE_OUT) !== 0) return [];
    const via = /^0*$/.test(hop) ? null : formatInet6(hop);
    return [describeRoute(formatInet6(destination), parseInt(length, 16), via, device)];
  });
}

function describeRoute(destination: string, length: number, via: string | null, device: string): string {
  const to = length === 0 ? 'default' : `${destination}/${length}`;
  return `${to}${via === null ? '' : ` via ${via}`} dev ${device}`;
}
