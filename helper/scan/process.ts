// One process as the scan sees it: whether it is the host's, and if not, what tells it from others. Reads procfs; what
// belongs together is for group.ts. Only the main thread counts: a thread that moved by itself is not seen.
import { errorCode } from '../errors';
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { NamespaceInodes } from '../protocol';
import type { Cgroup, CgroupOwner, Cgroups } from './cgroup';
import { isFirst } from './group';
import { readHints, type Hints, type HostHints } from './hints';
import { parseNamespaceLink, parseStat, parseStatInStatus, parseStatus, type Stat } from './parse';
import { isRefused, isVanished, linkIn, ProcessFolder, tryReadRecord } from './procfs';

/** What every process is compared with. */
export interface Host {
  readonly inodes: NamespaceInodes;
  /** What the links of processes mean that were read so far. */
  readonly sets: NamespaceSets;
  /** Read where they are asked for: where all links may be read, hardly ever. */
  readonly hints: () => HostHints;
  /** Every process is read by this very scan, and none is remembered from an earlier one. */
  readonly readsAll: boolean;
  /** In how many pid namespaces the scanner itself is, as far as this proc mount tells. */
  readonly pidDepth: number;
  readonly cgroups: Cgroups;
}

export interface SeenProcess {
  readonly pid: number;
  readonly stat: Stat;
  /** Those that may be read; of a dead process what it has not left. */
  readonly inodes: NamespaceInodes;
  /** All links as one text: the same for two processes in just the same namespaces. */
  readonly key: string;
  /** Types of which its namespace, by these links, is another than the host's. */
  readonly own: readonly NamespaceName[];
}

export interface ContainedProcess extends SeenProcess {
  readonly uid: number;
  /** Its pid in each pid namespace, its own last. */
  readonly pids: readonly number[];
  readonly locked: readonly NamespaceName[];
  /** What stands in for the links: there where some are locked. */
  readonly clues: Clues | null;
}

export interface Clues {
  readonly hints: Hints;
  readonly owner: CgroupOwner | null;
}

export type ProcessReading =
  | { kind: 'gone' }
  | { kind: 'unreadable'; error: string }
  | { kind: 'host'; process: SeenProcess }
  | { kind: 'contained'; process: ContainedProcess };

/** The namespaces of a process, none of which is locked. */
export interface NamespaceSet {
  readonly inodes: NamespaceInodes;
  readonly key: string;
  /** The first process of the pid namespace is in just these; it was read already. */
  hasFirst: boolean;
  readonly own: readonly NamespaceName[];
}

/** Most processes are in just the same namespaces as another one, so each text of links is taken apart but once. */
export class NamespaceSets {
  readonly #byKey = new Map<string, NamespaceSet>();
  /** Those that the host has are those that the kernel knows. */
  readonly types: readonly NamespaceName[];

  constructor(private readonly host: NamespaceInodes) {
    this.types = NAMESPACE_NAMES.filter((type) => host[type] !== undefined);
  }

  get(key: string): NamespaceSet {
    const known = this.#byKey.get(key);
    if (known) return known;
    const inodes: NamespaceInodes = {};
    const own: NamespaceName[] = [];
    // No iterator: of five hundred containers this is run ten thousand times.
    this.types.forEach((type) => {
      const inode = parseNamespaceLink(linkIn(key, type), type);
      inodes[type] = inode;
      if (inode !== this.host[type]) own.push(type);
    });
    const set = { inodes, key, hasFirst: false, own };
    this.#byKey.set(key, set);
    return set;
  }
}

/** Those that a zombie keeps until its exit code is read. */
const KEPT_IN_DEATH: readonly NamespaceName[] = ['user', 'pid'];

export function readProcess(root: string, pid: number, host: Host): ProcessReading {
  let folder: ProcessFolder | null = null;
  try {
    folder = new ProcessFolder(`${root}/${pid}`);
    const { set, locked, left } = readNamespaces(folder, host);
    const { inodes, key, own } = set;
    // Before the rest: once the process is gone the folder is root's, but then what follows cannot be read.
    const owner = own.length > 0 && isAmongHosts(inodes, host) ? folder.owner() : null;
    // Of a group that its pid namespace's first process leads nobody asks how old the others are, and so one file is enough.
    const ledStatus = set.hasFirst ? folder.status() : null;
    const stat = ledStatus === null ? parseStat(folder.stat()) : parseStatInStatus(ledStatus);
    const dead = stat.state === 'Z' || stat.state === 'X';
    if (left && !dead) return { kind: 'gone' };
    // A kernel thread has no namespaces to enter (kdevtmpfs does have a mount namespace).
    if (dead || stat.kernelThread || (locked.length === 0 && own.length === 0)) {
      return { kind: 'host', process: { pid, stat, inodes, key, own } };
    }
    const { uid, pids } = owner === null ? parseStatus(ledStatus ?? folder.status()) : { uid: owner, pids: [pid] };
    if (host.readsAll && locked.length === 0 && isFirst(pids)) set.hasFirst = true;
    const clues = locked.length > 0 ? readClues(`${root}/${pid}`, host) : null;
    const process = { pid, stat, uid, pids, inodes, key, own, locked, clues };
    return { kind: own.length > 0 || isContained(process, host) ? 'contained' : 'host', process };
  } catch (error) {
    return isVanished(error)
      ? { kind: 'gone' }
      : { kind: 'unreadable', error: errorCode(error) ?? (error instanceof Error ? error.message : String(error)) };
  } finally {
    folder?.close();
  }
}

/**
 * Whether a process is in other namespaces than when it was read. Asked of many and often, so no more is read than that;
 * where its links may not be read, nothing is known of it.
 */
export function hasMoved(root: string, pid: number, before: ProcessReading, types: readonly NamespaceName[]): boolean {
  if (!('process' in before) || before.process.stat.kernelThread || before.process.key === '') return false;
  let folder: ProcessFolder | null = null;
  try {
    folder = new ProcessFolder(`${root}/${pid}`);
    return folder.namespaces(types) !== before.process.key;
  } catch {
    // It ended, which the list of processes tells.
    return false;
  } finally {
    folder?.close();
  }
}

interface Links {
  readonly set: NamespaceSet;
  readonly locked: readonly NamespaceName[];
  /** It is ending, and has left some already. */
  readonly left: boolean;
}

const NOTHING_LOCKED: readonly NamespaceName[] = [];
const NOTHING_READ: NamespaceSet = { inodes: {}, key: '', hasFirst: false, own: [] };

function readNamespaces(folder: ProcessFolder, host: Host): Links {
  const { sets } = host;
  try {
    return { set: sets.get(folder.namespaces(sets.types)), locked: NOTHING_LOCKED, left: false };
  } catch (error) {
    // The kernel knows all these types, so a link that is missing means that the process ended.
    if (isVanished(error)) return { ...readEach(folder, KEPT_IN_DEATH, host), left: true };
    // The right is one to the process, not to the link (proc_pid_ns(5)), and each refusal takes its time.
    if (isRefused(error)) return { set: NOTHING_READ, locked: sets.types, left: false };
    return { ...readEach(folder, sets.types, host), left: false };
  }
}

/** Those that can be read where others cannot. */
function readEach(folder: ProcessFolder, types: readonly NamespaceName[], host: Host): Omit<Links, 'left'> {
  const inodes: NamespaceInodes = {};
  let key = '';
  const locked: NamespaceName[] = [];
  for (const type of types) {
    if (host.inodes[type] === undefined) continue;
    try {
      const link = folder.namespace(type);
      inodes[type] = parseNamespaceLink(link, type);
      key += link;
    } catch (error) {
      if (isVanished(error)) throw error;
      locked.push(type);
    }
  }
  return { set: { inodes, key, hasFirst: false, own: differing(inodes, host.inodes) }, locked };
}

/**
 * Whether a process is in the scanner's pid namespace, and the scanner in that of the proc mount: it has but one pid then.
 * The kernel takes as long to write `status` as for anything else that is read here.
 */
function isAmongHosts(inodes: NamespaceInodes, host: Host): boolean {
  return host.pidDepth === 1 && inodes.pid !== undefined && inodes.pid === host.inodes.pid;
}

function readClues(folder: string, host: Host): Clues {
  return { hints: readHints(folder, host.hints()), owner: readCgroup(folder, host).owner };
}

export function readCgroup(folder: string, { cgroups }: Host): Cgroup {
  return cgroups.parse(tryReadRecord(`${folder}/cgroup`) ?? '');
}

function differing(inodes: NamespaceInodes, host: NamespaceInodes): NamespaceName[] {
  return NAMESPACE_NAMES.filter((type) => inodes[type] !== undefined && inodes[type] !== host[type]);
}

/**
 * Whether a process has a namespace that is not the host's. Where links are locked (ptrace(2), "access mode checking"),
 * that shows in other files; one with none of these signs is taken for the host's, as a daemon of root's is. Own ipc, uts,
 * cgroup or time namespaces alone give no sign.
 */
function isContained(process: ContainedProcess, host: Host): boolean {
  const hints = process.clues?.hints;
  return (
    process.pids.length > host.pidDepth ||
    hints?.net.own === true ||
    hints?.mnt.own === true ||
    hints?.user.own === true ||
    // A process may be in a container's cgroup with all of the host's namespaces; where mounts can be read, they decide.
    (Boolean(process.clues?.owner) && hints?.mnt.own === null)
  );
}
