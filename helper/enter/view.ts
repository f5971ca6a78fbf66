// Where the filesystem stays the host's, what in it would speak of the wrong namespace is made to fit, in a mount
// namespace that only the command is in: resolv.conf and hosts of the container, /etc/netns/NAME (as ip-netns(8) does),
// a /sys with the joined network's devices, a /proc with the joined processes.
// This is what is looked up before anything is joined; viewParts.ts has what is mounted then.
import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRootsAlone } from '../install/trust';
import { withFileAccessOf } from '../syscalls/identity';
import type { View } from './arguments';
import type { Identity } from './identity';
import type { PinnedNamespace } from './target';
import { readInside } from './targetIdentity';

export interface ViewPlan {
  /** Files of the container whose text replaces the host's. A copy: what the container does to its own later is its own. */
  texts: { path: string; text: string }[];
  /** Files and directories of /etc/netns/NAME, by what they replace. */
  binds: { from: string; to: string }[];
  sys: boolean;
  proc: boolean;
}

const DNS_FILES = ['/etc/resolv.conf', '/etc/hosts'];
const MAX_DNS_FILE = 64 * 1024;
const NAMED = '/run/netns';
const ETC_NETNS = '/etc/netns';

/**
 * `net` and `pid`: whether the command will be in another namespace of that type than the caller. `joined` is the network
 * namespace that is joined, if one is.
 */
export function planView(
  views: readonly View[],
  caller: Identity,
  joined: PinnedNamespace | undefined,
  net: boolean,
  pid: boolean,
): ViewPlan {
  const dns = views.includes('dns') && joined !== undefined;
  return {
    texts: dns ? containerTexts(joined, caller) : [],
    binds: dns ? namedNetworkFiles(joined.inode) : [],
    sys: views.includes('sys') && net,
    proc: views.includes('proc') && pid,
  };
}

export function isEmpty(plan: ViewPlan): boolean {
  return plan.texts.length === 0 && plan.binds.length === 0 && !plan.sys && !plan.proc;
}

// With the caller's rights: whoever made the target's filesystem may have mounted a file there that they cannot read
// themselves (a bind mount takes no right to read), and the caller is about to read the copy.
function containerTexts(net: PinnedNamespace, caller: Identity): ViewPlan['texts'] {
  const root = net.target?.root;
  if (root === undefined || root === null) return [];
  return withFileAccessOf(caller, () =>
    DNS_FILES.map((path) => ({ path, text: readInside(root, path, MAX_DNS_FILE) })),
  ).filter(({ text }) => text !== '');
}

/** /etc/netns/NAME/* for the name that the namespace has in /run/netns; only what root alone could have put there. */
function namedNetworkFiles(inode: number): ViewPlan['binds'] {
  const name = list(NAMED).find((candidate) => statOf(join(NAMED, candidate))?.ino === inode);
  if (name === undefined) return [];
  const folder = join(ETC_NETNS, name);
  return list(folder)
    .map((file) => ({ from: join(folder, file), to: join('/etc', file) }))
    .filter(({ from, to }) => isRootsAlone(from) && statOf(to) !== null);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
