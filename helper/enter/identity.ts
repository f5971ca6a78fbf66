// Becoming someone: ids, groups, capabilities and what else confines a process. The last thing before exec.
import { closeSync, constants, writeSync } from 'node:fs';
import { HelperError, reason } from '../errors';
import { openat } from '../syscalls/files';
import {
  CAP_SYS_ADMIN,
  CAP_SYS_CHROOT,
  keepCapabilities,
  limitBoundingSet,
  sessionKeyringOwner,
  setCapabilities,
  setgroups,
  setNoNewPrivileges,
  setresgid,
  setresuid,
  takeRightsFromOtherThreads,
} from '../syscalls/identity';
import { takeOnLimits, type Limit } from './limits';

/** Ids as the process that takes them on counts them, in its own user namespace. */
export interface Identity {
  uid: number;
  gid: number;
  /** All supplementary groups; null: leave them, where the user namespace does not let them be set. */
  groups: readonly number[] | null;
}

/** What confines a container's process beyond its ids, as far as it can be taken on from outside. */
export interface Confinement {
  /** Bounding set of capabilities, as a hexadecimal mask; null: leave it. */
  bounding: string | null;
  noNewPrivileges: boolean;
  /** Null: leave it. */
  oomScoreAdj: number | null;
  /** What to write to /proc/self/attr/exec for the LSM label; null where there is none. */
  label: string | null;
  limits: readonly Limit[];
}

/** Takes on an identity for good. A process that is not root afterwards has no capability left. */
export function become(identity: Identity): void {
  attempt(identity, () => {
    // Only root may set groups; anyone else can only be who they are already.
    if (process.getuid?.() === 0 && identity.groups) setgroups(identity.groups);
    setresgid(identity.gid);
    setresuid(identity.uid);
    if (identity.uid !== 0) setCapabilities([]);
  });
}

/** Call it after become() and before capabilities are given up, which only this thread does: the other threads keep root's. */
export function keepRightsToThisThread(): void {
  if (process.getuid?.() === 0) takeRightsFromOtherThreads();
}

/**
 * Takes on an identity, but keeps the two capabilities that joining takes, and those of `more`, for the one program that is executed
 * next (capabilities(7), ambient set). The kernel clears them when that program joins a user namespace; use it only then.
 */
export function becomeAbleToJoin(identity: Identity, more: readonly number[] = []): void {
  attempt(identity, () => {
    setgroups(identity.groups ?? []);
    setresgid(identity.gid);
    keepCapabilities();
    setresuid(identity.uid);
    setCapabilities([CAP_SYS_ADMIN, CAP_SYS_CHROOT, ...more]);
  });
}

/**
 * Before become(): dropping from the bounding set takes CAP_SETPCAP. `procFd` is the host's /proc. Returns what could not
 * be copied and does not guard anything; what guards and cannot be copied is an error. `later` names limits that are not set yet.
 */
export function confine(confinement: Confinement, procFd: number, later?: readonly string[]): string[] {
  const notes: string[] = [];
  try {
    if (confinement.oomScoreAdj !== null) writeProc(procFd, 'self/oom_score_adj', String(confinement.oomScoreAdj));
  } catch (error) {
    notes.push(`oom_score_adj ${confinement.oomScoreAdj}: ${reason(error)}`);
  }
  try {
    if (confinement.label !== null) writeProc(procFd, 'thread-self/attr/exec', confinement.label);
    if (confinement.bounding !== null) limitBoundingSet(BigInt(`0x${confinement.bounding}`));
    if (confinement.noNewPrivileges) setNoNewPrivileges();
  } catch (error) {
    throw new HelperError('identityFailed', `cannot be confined as the target is: ${reason(error)}`, { cause: error });
  }
  // Last, since they hold for what is opened above as well.
  return [...notes, ...takeOnLimits(confinement.limits, later)];
}

/**
 * Whether the command must not keep our session keyring: because it belongs to another user (after sudo it may hold root's keys),
 * or because the command is a container's program, which must find nobody's keys. Ask before become(); leave the keyring after it,
 * so that the new one belongs to the new user.
 */
export function mustLeaveKeyring(joinsMnt: boolean, identity: Identity | null): boolean {
  return joinsMnt || (identity !== null && sessionKeyringOwner() !== identity.uid);
}

function writeProc(procFd: number, path: string, text: string): void {
  const fd = openat(procFd, path, constants.O_WRONLY);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

function attempt(identity: Identity, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new HelperError(
      'identityFailed',
      `cannot become uid ${identity.uid}, gid ${identity.gid}: ${reason(error)}`,
      {
        cause: error,
      },
    );
  }
}
