// Who called: from what sudo or doas left in the environment, and from the caller's own processes.
import { readFileSync } from 'node:fs';
import { HelperError } from '../errors';
import { statusNumbers } from '../procStat';
import { type Account, getgrouplist, userByName, userByUid } from '../syscalls/accounts';
import { ownGroups } from '../syscalls/identity';
import type { Identity } from './identity';

export interface Caller extends Identity {
  /**
   * By the user database, which is looked at when it is asked for: before anything is joined. Null for a uid that it does not
   * know.
   */
  account: () => Account | null;
}

/**
 * The groups are those of the caller's own process among our ancestors, which may have more or fewer than the user
 * database says (newgrp(1), a session older than a change).
 */
export function findCaller(env: NodeJS.ProcessEnv): Caller {
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: ownGroups() };
  const uid = callersUid(env);
  let found: Account | null | undefined;
  const account = (): Account | null => (found ??= userByUid(uid));
  if (uid === self.uid) return { ...self, account };
  const session = ancestorOf(uid);
  if (session) return { uid, ...session, account };
  const gid = idFrom(env['SUDO_GID']) ?? account()?.gid;
  if (gid === undefined)
    throw new HelperError('identityFailed', `the primary group of the calling user ${uid} is unknown`);
  return { uid, gid, groups: groupsOf(account(), gid), account };
}

const groupsOf = (account: Account | null, gid: number): number[] =>
  account ? getgrouplist(account.name, gid) : [gid];

/** Only root's environment is sudo's word; anyone else could have written these variables. */
export function callersUid(env: NodeJS.ProcessEnv): number {
  const own = process.getuid?.() ?? 0;
  return own === 0 ? (callerFrom(env) ?? own) : own;
}

/** sudo(8) leaves the id, doas(1) the name. */
function callerFrom(env: NodeJS.ProcessEnv): number | null {
  const doas = env['DOAS_USER'];
  return idFrom(env['SUDO_UID']) ?? (doas === undefined ? null : (userByName(doas)?.uid ?? null));
}

function idFrom(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) && Number(text) < 0xffffffff ? Number(text) : null;
}

/** The nearest ancestor process that is of `uid`. */
function ancestorOf(uid: number): { gid: number; groups: number[] } | null {
  for (const { status } of ancestors()) {
    const [real, effective] = statusNumbers(status, 'Uid');
    const gid = statusNumbers(status, 'Gid')[0];
    // Both ids: sudo itself may still run with the caller's real id, but its groups are root's.
    if (real === uid && effective === uid && gid !== undefined) return { gid, groups: statusNumbers(status, 'Groups') };
  }
  return null;
}

/**
 * The soft limit of open files that a plain command would have got from whoever started us: Node raises its own, and sudo
 * its own while it runs. Null where it cannot be told.
 */
export function callersOpenFileLimit(): number | null {
  for (const { pid, status } of ancestors()) {
    if (/^Name:\s+(?:sudo|doas)/m.test(status)) continue;
    try {
      const soft = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
      return soft === undefined ? null : Number(soft);
    } catch {
      return null;
    }
  }
  return null;
}

/** Our ancestors, the nearest first. A living process's parent cannot be replaced by a reused pid. */
function* ancestors(): Generator<{ pid: number; status: string }> {
  for (let pid = process.ppid; pid > 0;) {
    let status: string;
    try {
      status = readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {
      return;
    }
    yield { pid, status };
    pid = statusNumbers(status, 'PPid')[0] ?? 0;
  }
}
