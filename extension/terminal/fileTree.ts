// Where the files of a container begin, as a folder that this user may look into. Only looks; no vscode.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { readStartTime } from '../inspect/startTime';
import type { Container } from '../model/container';

export type FileTree = { readonly folder: string } | 'ended' | 'locked';

/**
 * /proc/PID/root is no link that a container could turn elsewhere: the kernel itself leads to the root directory of the
 * process (proc_pid_root(5)), for those who may trace it. `ended` also where the pid is another process's by now.
 */
export async function fileTreeOf({ pid, startTime }: Pick<Container, 'pid' | 'startTime'>): Promise<FileTree> {
  const folder = `/proc/${pid}/root`;
  const may = await access(folder, constants.X_OK).then(
    () => true,
    () => false,
  );
  // Looked at last: what was asked before was asked of this very process.
  if ((await readStartTime(pid)) !== startTime) return 'ended';
  return may ? { folder } : 'locked';
}
