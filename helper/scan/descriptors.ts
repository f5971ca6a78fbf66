// Namespaces that the open descriptors of a process keep: those of namespaces, and sockets, each of which keeps the network
// that it was made in. Reads procfs; of a socket a copy is asked, and nothing of the process is changed.
import { callersUid } from '../enter/caller';
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { Part } from './budget';
import { parseNamespaceName } from './parse';
import type { Host, SeenProcess } from './process';
import { tryCountDescriptors, tryDescriptors, tryReadRecord, tryStat } from './procfs';
import { identifyHeld, socketNetworks, type Relation } from './relations';

export interface HeldNamespace {
  readonly type: NamespaceName;
  readonly inode: number;
  /** Where it can be opened; or `socket` and where the socket is, `bytes` and a path that is no text (see textOf()). */
  readonly by: string;
  /** That path. */
  readonly path?: Buffer;
  /** Of what cannot be opened, but was asked. */
  readonly relation?: Relation;
}

/** What is the same for all processes. */
export interface DescriptorSources {
  readonly root: string;
  readonly host: Host;
  /** The device of all namespaces' files. */
  readonly nsfs: number | null;
  readonly sockets: boolean;
  /** Whose processes are asked about their sockets: those of root and of whoever called. */
  readonly trusted: readonly number[];
}

export function descriptorSources(root: string, host: Host): DescriptorSources {
  const nsfs = tryStat('/proc/self/ns/net')?.device ?? null;
  return { root, host, nsfs, sockets: mayAskSockets(root), trusted: [0, callersUid(process.env)] };
}

/**
 * Only root may ask a socket for its network (CAP_NET_ADMIN). And the kernel gives a socket that a process receives, as
 * pidfd_getfd(2) does, the process's class for traffic in cgroup v1's net_cls and net_prio: where these are in use, a
 * look would change how the socket's packets are treated.
 */
function mayAskSockets(root: string): boolean {
  return (
    process.geteuid?.() === 0 && !/[:,]net_(cls|prio)[:,]/.test(tryReadRecord(`${root}/self/cgroup`) ?? 'net_cls:')
  );
}

/** Standard input, output and error, which hold no namespace. */
const USUAL_DESCRIPTORS = 3;

/** The kernel alone takes half a second to list half a million, which is as many as systemd lets a process have. */
const MOST_DESCRIPTORS = 100_000;

const NONE: Part<never> = { found: [], cut: null };
const TOO_MANY: Part<never> = { found: [], cut: 'EMFILE' };

/** What there is to say of a process without listing its descriptors, as of most; else null. */
export function withoutListing({ pid }: SeenProcess, { root }: DescriptorSources): Part<HeldNamespace> | null {
  const count = tryCountDescriptors(`${root}/${pid}/fd`);
  if (count === null || (count > 0 && count <= USUAL_DESCRIPTORS)) return NONE;
  return count > MOST_DESCRIPTORS ? TOO_MANY : null;
}

export function heldByDescriptors(
  { pid, inodes }: SeenProcess,
  sources: DescriptorSources,
  isSpent: () => boolean,
): Part<HeldNamespace> {
  const folder = `${sources.root}/${pid}/fd`;
  const found: HeldNamespace[] = [];
  const sockets: number[] = [];
  const { found: open, cut } = tryDescriptors(folder, isSpent);
  for (const { fd, link } of open) {
    const path = `/proc/${pid}/fd/${fd}`;
    if (link.startsWith('socket:')) sockets.push(Number(fd));
    // Opened by a bind mount, it shows the mount's path, or what is left of it: `/`.
    else if (link.startsWith('/') && !link.startsWith('/dev/') && !link.startsWith('/memfd:')) {
      const held = sources.nsfs !== null && tryStat(path)?.device === sources.nsfs ? identifyHeld(path) : null;
      if (held) found.push({ ...held, by: path });
    } else {
      const held = namespaceOf(link);
      if (held) found.push({ ...held, by: path });
    }
  }
  if (!sources.sockets || sockets.length === 0) return { found, cut };
  // Those of its own network say nothing, and of many in another one says enough.
  const { host, trusted } = sources;
  const networks = socketNetworks(pid, sockets, { known: inodes.net, top: host.inodes.user, trusted });
  for (const { fd, ...network } of networks) {
    found.push({ ...network, type: 'net', by: `socket /proc/${pid}/fd/${fd}` });
  }
  return { found, cut };
}

/** By what the kernel calls it, such as `net:[4026531840]`; null for anything else. */
export function namespaceOf(name: string): { type: NamespaceName; inode: number } | null {
  const found = parseNamespaceName(name);
  const type = NAMESPACE_NAMES.find((candidate) => candidate === found?.type);
  return found && type ? { type, inode: found.inode } : null;
}
