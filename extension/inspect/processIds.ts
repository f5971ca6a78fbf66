// Who a process is, by its ids as seen from here, and how its user namespace counts them: /proc tells it to everybody.
import { readFile } from 'node:fs/promises';
import type { Container } from '../model/container';
import { readStartTime } from './startTime';
import { statusField } from './status';

/** Ids as seen from here. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones. */
  readonly groups: readonly number[];
}

/** How a user namespace counts ids (user_namespaces(7)). */
export interface IdMaps {
  /** Text of uid_map and gid_map: lines of first id inside, first id outside, count. */
  readonly uid: string;
  readonly gid: string;
  /** Whether setgroups(2) is allowed inside. */
  readonly setgroups: boolean;
}

/** Null where the process has ended or may not be seen. */
export async function readIds({ pid, startTime }: Pick<Container, 'pid' | 'startTime'>): Promise<Ids | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  // Looked at last: what was read before is of this very process.
  if ((await readStartTime(pid)) !== startTime) return null;
  return idsIn(status);
}

/** The second of real, effective, saved and filesystem id is the one that rights are judged by (credentials(7)). */
export function idsIn(status: string): Ids | null {
  const numbers = (name: string): number[] => (statusField(status, name)?.match(/\d+/g) ?? []).map(Number);
  const [uid, gid] = [numbers('Uid')[1], numbers('Gid')[1]];
  return uid === undefined || gid === undefined ? null : { uid, gid, groups: numbers('Groups') };
}

/** Null where they may not be read. */
export async function readIdMaps(pid: number): Promise<IdMaps | null> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8');
  try {
    const [uid, gid, setgroups] = await Promise.all([read('uid_map'), read('gid_map'), read('setgroups')]);
    return { uid, gid, setgroups: setgroups.trim() === 'allow' };
  } catch {
    return null;
  }
}
