// One process as the scan sees it: whether it is the host's, and if not, what tells it from others. Reads procfs; what
// belongs together is for group.ts. Only the main thread counts: a thread that moved by itself is not seen.
import { errorCode } from '../errors';
import { NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';
import type { NamespaceInodes } from '../protocol';
import { cgroupOwner, parseCgroupPaths, type CgroupOwner } from './cgroup';
import { readHints, type Hints, type HostHints } from './hints';
import { parseNamespaceLink, parseStat, parseStatus, type Stat } from './parse';
import { isVanished, readLink, readRecord, tryReadRecord } from './procfs';

/** What every process is compared with. */
export interface Host {
  readonly inodes: NamespaceInodes;
  readonly hints: HostHints;
  /** In how many pid namespaces the scanner itself is, as far as this proc mount tells. */
  readonly pidDepth: number;
}

export interface ContainedProcess {
  readonly pid: number;
  readonly stat: Stat;
  readonly uid: number;
  /** Its pid in each pid namespace, its own last. */
  readonly pids: readonly number[];
  readonly cgroupPaths: readonly string[];
  readonly owner: CgroupOwner | null;
  readonly inodes: NamespaceInodes;
  readonly locked: readonly NamespaceName[];
  /** Always there where something is locked. */
  readonly hints: Hints | null;
}

export type ProcessReading =
  | { kind: 'gone' }
  | { kind: 'unreadable'; error: string }
  | { kind: 'host'; stat: Stat }
  | { kind: 'contained'; stat: Stat; process: ContainedProcess };

export function readProcess(root: string, pid: number, host: Host): ProcessReading {
  const folder = `${root}/${pid}`;
  try {
    const stat = parseStat(readRecord(`${folder}/stat`));
    // A zombie has left its namespaces. A kernel thread has none to enter (kdevtmpfs does have a mount namespace).
    if (stat.state === 'Z' || stat.state === 'X' || stat.kernelThread) return { kind: 'host', stat };
    const { inodes, locked } = readNamespaces(folder, host.inodes);
    if (locked.length === 0 && !differs(inodes, host.inodes)) return { kind: 'host', stat };

    const { uid, pids } = parseStatus(readRecord(`${folder}/status`));
    const cgroupPaths = parseCgroupPaths(tryReadRecord(`${folder}/cgroup`) ?? '');
    const owner = cgroupOwner(cgroupPaths);
    const hints = locked.length > 0 ? readHints(folder, host.hints) : null;
    const process = { pid, stat, uid, pids, cgroupPaths, owner, inodes, locked, hints };
    return isContained(process, host) ? { kind: 'contained', stat, process } : { kind: 'host', stat };
  } catch (error) {
    return isVanished(error)
      ? { kind: 'gone' }
      : { kind: 'unreadable', error: errorCode(error) ?? (error instanceof Error ? error.message : String(error)) };
  }
}

/** The types that the host has are those that the kernel knows, so a link that is missing means that the process ended. */
function readNamespaces(folder: string, host: NamespaceInodes): { inodes: NamespaceInodes; locked: NamespaceName[] } {
  const inodes: NamespaceInodes = {};
  const locked: NamespaceName[] = [];
  for (const type of NAMESPACE_NAMES) {
    if (host[type] === undefined) continue;
    try {
      inodes[type] = parseNamespaceLink(readLink(`${folder}/ns/${type}`));
    } catch (error) {
      if (isVanished(error)) throw error;
      locked.push(type);
    }
  }
  return { inodes, locked };
}

function differs(inodes: NamespaceInodes, host: NamespaceInodes): boolean {
  return NAMESPACE_NAMES.some((type) => inodes[type] !== undefined && inodes[type] !== host[type]);
}

/**
 * Whether a process has a namespace that is not the host's. Where links are locked (ptrace(2), "access mode checking"),
 * that shows in other files; one with none of these signs is taken for the host's, as a daemon of root's is. Own ipc, uts,
 * cgroup or time namespaces alone give no sign.
 */
function isContained(process: ContainedProcess, host: Host): boolean {
  if (differs(process.inodes, host.inodes)) return true;
  const { hints } = process;
  return (
    process.pids.length > host.pidDepth ||
    hints?.net.own === true ||
    hints?.mnt.own === true ||
    hints?.user.own === true ||
    // A process may be in a container's cgroup with all of the host's namespaces; where mounts can be read, they decide.
    (process.owner !== null && hints?.mnt.own === null)
  );
}
