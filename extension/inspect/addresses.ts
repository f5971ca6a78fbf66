// The addresses of a process's network, as /proc tells them to everybody. The parsers are pure.
import { readFile } from 'node:fs/promises';

/** Its addresses that others can reach it by, IPv4 first; empty where there are none or the process has ended. */
export async function addressesOf(pid: number): Promise<string[]> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '');
  const [trie, inet6] = await Promise.all([read('fib_trie'), read('if_inet6')]);
  const global = parseInet6(inet6).filter(({ address }) => !/^fe[89ab]/.test(address));
  return [...parseFibTrie(trie), ...global.map(({ address }) => address)];
}

/** Local addresses are leaves of the kernel's routing tries: `|-- 172.17.0.2`, then `/32 host LOCAL`. */
export function parseFibTrie(text: string): string[] {
  const leaves = text.matchAll(/\|-- ([0-9.]+)\n\s+\/32 host LOCAL$/gm);
  const addresses = [...leaves].map(([, address = '']) => address).filter((address) => !address.startsWith('127.'));
  // The tries of both tables, local and main, have each.
  return [...new Set(addresses)];
}

export interface Inet6 {
  readonly address: string;
  readonly device: string;
}

/** Lines of 32 hexadecimal digits, index, prefix length, scope, flags, device (kernel: if_inet6_show). */
export function parseInet6(text: string): Inet6[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{32}) [0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+\s+(\S+)$/.exec(line);
    // 0x10: of the loopback (IPV6_ADDR_LOOPBACK)
    if (!match || match[2] === '10') return [];
    return [{ address: formatInet6(match[1] ?? ''), device: match[3] ?? '' }];
  });
}

/** 32 hexadecimal digits as people write an address (RFC 5952): the URL standard's own serializer does it. */
export function formatInet6(digits: string): string {
  const groups = digits.match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
