// What is mounted for a view (view.ts), as a list: the helper carries it out itself (applyView.ts), or a joiner does (viewSteps.ts). Looks at
// the host's files only, and changes nothing.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseMounts } from '../mounts';
import { MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REC } from '../syscalls/mounts';
import type { ViewPlan } from './view';

/** mount(2). Where `ifThere`, nothing is mounted on what does not exist. */
export interface Mount {
  source: string;
  target: string;
  type: string;
  flags: number;
  options: string;
  ifThere: boolean;
}

/** A new file, for everybody to read. */
export interface NewFile {
  file: string;
  text: string;
}

export interface Part {
  /** For the line that says why it could not be done. The other parts are done nevertheless. */
  what: string;
  actions: (Mount | NewFile)[];
  /** What is mounted on STAGING while that is done; null: nothing has to be. */
  staging: Mount | null;
}

/** Whatever the umask. */
export const NEW_FILE_MODE = 0o644;

/** What is said where there can be no mount namespace for it. */
export const NOT_FITTED = "DNS, /sys and /proc are the host's";

/** Files need a place to be bound from, and a /sys one to be put together in. What is bound from there lives on without it. */
export const STAGING = '/tmp';

/**
 * Later ones win. `joinedPid` is a descriptor of the pid namespace that was joined; null: whoever mounts is in the one that /proc is
 * to show.
 */
export function viewParts(plan: ViewPlan, joinedPid: number | null): Part[] {
  return [
    ...(plan.texts.length === 0 ? [] : textParts(plan.texts)),
    // The administrator's word for this very network.
    ...plan.binds.map(({ from, to }) => part(from, [bind(from, to)])),
    ...(plan.sys ? [sysPart()] : []),
    ...(plan.proc ? [part('/proc', [mountProc(joinedPid)])] : []),
  ];
}

const part = (what: string, actions: Part['actions'], staging: Mount | null = null): Part => ({
  what,
  actions,
  staging,
});

const mount = (type: string, target: string, flags: number, options = ''): Mount => ({
  source: type,
  target,
  type,
  flags,
  options,
  ifThere: false,
});

const bind = (source: string, target: string, flags = MS_BIND | MS_REC): Mount => ({
  ...mount('', target, flags),
  source,
});

const HARMLESS = MS_NOSUID | MS_NODEV | MS_NOEXEC;
const emptyFolder = (path: string): Mount => mount('tmpfs', path, HARMLESS, 'mode=755,size=1m');

/** Sockets by which the C library asks a resolver outside of the namespace (nss-resolve(8), nscd(8)). */
const RESOLVER_FOLDERS = ['/run/systemd/resolve', '/run/nscd'];

function textParts(texts: ViewPlan['texts']): Part[] {
  const places = texts.flatMap(({ path, text }) => {
    const place = realPath(path);
    return place === null ? [] : [{ place, text }];
  });
  const hidden = RESOLVER_FOLDERS.filter(isFolder).flatMap((folder) => [
    emptyFolder(folder),
    ...places.filter(({ place }) => dirname(place) === folder).map(({ place }) => ({ file: place, text: '' })),
  ]);
  const bound = places.flatMap(({ place, text }, index) => {
    const file = `${STAGING}/${index}`;
    return [{ file, text }, bind(file, place, MS_BIND)];
  });
  return [part('resolvers of the host', hidden), part('DNS of the container', bound, emptyFolder(STAGING))];
}

/**
 * A /proc shows the processes of the pid namespace that it is mounted from. For a joined one that would take a process of
 * ours inside it, which its own processes could look into; Linux 6.17 can be told the namespace instead.
 */
const mountProc = (joinedPid: number | null): Mount =>
  mount('proc', '/proc', HARMLESS, joinedPid === null ? '' : `pidns=/proc/self/fd/${joinedPid}`);

/** A sysfs shows the devices of the network namespace it is mounted from. What is mounted below /sys is put on it. */
function sysPart(): Part {
  const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const readOnly = mounts.some(({ point, options }) => point === '/sys' && options.includes('ro'));
  const below = mounts.filter(({ point }) => point.startsWith('/sys/')).map(({ point }) => point);
  // Only the topmost: a recursive bind takes along what is below them.
  const topmost = new Set(below.filter((point) => !below.some((other) => point.startsWith(`${other}/`))));
  // A mount point that sysfs itself does not have was made by the host's /sys alone.
  const kept = [...topmost].map((point) => ({ ...bind(point, STAGING + point.slice('/sys'.length)), ifThere: true }));
  const sys = mount('sysfs', STAGING, HARMLESS | (readOnly ? MS_RDONLY : 0));
  return part('/sys', [...kept, bind(STAGING, '/sys')], sys);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
