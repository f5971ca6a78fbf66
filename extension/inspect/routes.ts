// The IPv4 routes of a network namespace, from /proc/PID/net/route. Pure.
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
    const to = length === 0 ? 'default' : `${formatAddress(destination)}/${length}`;
    const via = /^0*$/.test(gateway) ? '' : ` via ${formatAddress(gateway)}`;
    return [`${to}${via} dev ${device}`];
  });
}
