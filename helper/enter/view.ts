// Where the filesystem stays the host's, what in it would speak of the wrong namespace is made to fit, in a mount
// namespace that only the command is in: resolv.conf and hosts of the container, /etc/netns/NAME (as ip-netns(8) does),
// a /sys with the joined network's devices, a /proc with the joined processes.
// planView() looks before anything is joined; applyView() acts afterwards and reports what could not be done.
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { reason } from '../errors';
import { isRootsAlone } from '../install/trust';
import { parseMounts } from '../mounts';
import { O_PATH } from '../syscalls/files';
import { withFileAccessOf } from '../syscalls/identity';
import {
  MNT_DETACH,
  mount,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_SLAVE,
  unmount,
} from '../syscalls/mounts';
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

/**
 * To be called in a mount namespace of one's own, with root's rights there. Returns one line for each part that could not
 * be done: a terminal with the host's /sys is still the terminal that was asked for. `joinedPid` is a descriptor of the pid
 * namespace that was joined; null: the caller is in the one that /proc is to show.
 */
export function applyView(plan: ViewPlan, joinedPid: number | null): string[] {
  const failed: string[] = [];
  const attempt = (what: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      failed.push(`${what}: ${reason(error)}`);
    }
  };
  // What is mounted in here stays in here; what the host mounts later still comes in (mount_namespaces(7)).
  mount('none', '/', '', MS_REC | MS_SLAVE);
  // Later ones win: /etc/netns is the administrator's word for this very network.
  if (plan.texts.length > 0)
    attempt('DNS of the container', () => {
      replaceTexts(plan.texts);
    });
  for (const { from, to } of plan.binds)
    attempt(from, () => {
      mount(from, to, '', MS_BIND | MS_REC);
    });
  if (plan.sys) attempt('/sys', mountSys);
  if (plan.proc)
    attempt('/proc', () => {
      mountProc(joinedPid);
    });
  return failed;
}

/** Sockets by which the C library asks a resolver outside of the namespace (nss-resolve(8), nscd(8)). */
const RESOLVER_FOLDERS = ['/run/systemd/resolve', '/run/nscd'];

function replaceTexts(texts: ViewPlan['texts']): void {
  const places = texts.flatMap(({ path, text }) => {
    const place = realPath(path);
    return place === null ? [] : [{ place, text }];
  });
  for (const folder of RESOLVER_FOLDERS) {
    if (!statOf(folder)?.isDirectory()) continue;
    mountTmpfs(folder);
    for (const { place } of places) if (dirname(place) === folder) writeFileSync(place, '');
  }
  // Files need a place to be bound from. It is unmounted at once; the bound files live on.
  const staging = '/tmp';
  mountTmpfs(staging);
  try {
    places.forEach(({ place, text }, index) => {
      const file = join(staging, String(index));
      writeFileSync(file, text, { mode: 0o644 });
      mount(file, place, '', MS_BIND);
    });
  } finally {
    unmount(staging, MNT_DETACH);
  }
}

function mountTmpfs(path: string): void {
  mount('tmpfs', path, 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=755,size=1m');
}

/**
 * A /proc shows the processes of the pid namespace that it is mounted from. For a joined one that would take a process of
 * ours inside it, which its own processes could look into; Linux 6.17 can be told the namespace instead.
 */
function mountProc(joinedPid: number | null): void {
  const options = joinedPid === null ? '' : `pidns=/proc/self/fd/${joinedPid}`;
  mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
}

/** A sysfs shows the devices of the network namespace it is mounted from. What is mounted below /sys is put back on it. */
function mountSys(): void {
  const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const readOnly = mounts.some(({ point, options }) => point === '/sys' && options.includes('ro'));
  const below = mounts.filter(({ point }) => point.startsWith('/sys/')).map(({ point }) => point);
  // Only the topmost: a recursive bind takes along what is below them.
  const topmost = below.filter((point) => !below.some((other) => point.startsWith(`${other}/`)));
  const kept = [...new Set(topmost)].map((point) => ({ point, fd: openSync(point, O_PATH | constants.O_DIRECTORY) }));
  mount('sysfs', '/sys', 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | (readOnly ? MS_RDONLY : 0));
  for (const { point, fd } of kept) {
    // A mount point that sysfs itself does not have was made by the host's /sys alone.
    if (statOf(point)) mount(`/proc/self/fd/${fd}`, point, '', MS_BIND | MS_REC);
    closeSync(fd);
  }
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

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
