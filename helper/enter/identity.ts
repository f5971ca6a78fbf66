// Who called, and becoming someone. Reads what sudo left in the environment and the caller's own processes; nothing here
// looks into the target.
import { readFileSync } from 'node:fs';
import { HelperError, reason } from '../errors';
import { statusNumbers } from '../procStat';
import {
  CAP_SYS_ADMIN,
  CAP_SYS_CHROOT,
  getgrouplist,
  keepCapabilities,
  setCapabilities,
  setgroups,
  setresgid,
  setresuid,
  userByUid,
} from '../syscalls';

/** Ids as the kernel counts them in the caller's own user namespace. */
export interface Identity {
  uid: number;
  gid: number;
  /** All supplementary groups. */
  groups: readonly number[];
}

export interface Caller extends Identity {
  /** Null for a uid that the user database does not know. */
  account: { name: string; home: string; shell: string } | null;
}

/**
 * Who started sudo (or doas, or ran the helper directly). The groups are those of the caller's own process among our
 * ancestors, which may have more or fewer than the user database says (newgrp(1), a session older than a change).
 */
export function findCaller(env: NodeJS.ProcessEnv): Caller {
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: process.getgroups?.() ?? [] };
  // Only root's environment is sudo's word; anyone else could have written these variables.
  const uid = self.uid === 0 ? (idFrom(env['SUDO_UID']) ?? self.uid) : self.uid;
  const account = userByUid(uid);
  if (uid === self.uid) return { ...self, account };
  const gid = idFrom(env['SUDO_GID']) ?? account?.gid;
  const session = ancestorOf(uid);
  if (session) return { uid, gid: session.gid, groups: session.groups, account };
  if (gid === undefined) throw new HelperError('identityFailed', `the group of user ${uid}, who called, is not known`);
  return { uid, gid, groups: account ? getgrouplist(account.name, gid) : [gid], account };
}

function idFrom(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) && Number(text) < 0xffffffff ? Number(text) : null;
}

/** The nearest ancestor process that is of `uid`. A living process's parent cannot be replaced by a reused pid. */
function ancestorOf(uid: number): { gid: number; groups: number[] } | null {
  let pid = process.ppid;
  while (pid > 0) {
    let status: string;
    try {
      status = readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {
      return null;
    }
    const [real, effective] = statusNumbers(status, 'Uid');
    const gid = statusNumbers(status, 'Gid')[0];
    // Both ids: sudo itself may still run with the caller's real id, but its groups are root's.
    if (real === uid && effective === uid && gid !== undefined) return { gid, groups: statusNumbers(status, 'Groups') };
    pid = statusNumbers(status, 'PPid')[0] ?? 0;
  }
  return null;
}

/** Takes on an identity for good. Whoever is not root ends without any capability. */
export function become(identity: Identity): void {
  attempt(identity, () => {
    if (process.getuid?.() === 0) setgroups(identity.groups);
    setresgid(identity.gid);
    setresuid(identity.uid);
    if (identity.uid !== 0) setCapabilities([]);
  });
}

/**
 * Takes on an identity, but keeps the two capabilities that joining takes, for the one program that is executed next
 * (capabilities(7), ambient set). The kernel clears them when that program joins a user namespace; use it only then.
 */
export function becomeAbleToJoin(identity: Identity): void {
  attempt(identity, () => {
    setgroups(identity.groups);
    setresgid(identity.gid);
    keepCapabilities();
    setresuid(identity.uid);
    setCapabilities([CAP_SYS_ADMIN, CAP_SYS_CHROOT]);
  });
}

function attempt(identity: Identity, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new HelperError(
      'identityFailed',
      `cannot become uid ${identity.uid}, gid ${identity.gid}: ${reason(error)}`,
      { cause: error },
    );
  }
}
