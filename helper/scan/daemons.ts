// The daemons of engines among all processes. Those inside of containers listen where nobody outside finds them.
import type { ScannedEngine } from '../protocol';
import type { CommandLines } from './commandLines';
import type { Memory } from './memory';
import { parseStatus } from './parse';
import type { SeenProcess } from './process';
import { tryReadRecord } from './procfs';
import { parseDaemon } from './runtimes/daemons';

/** What the kernel has of a program's name is enough to pass over all others without reading their command lines. */
const PROGRAM = 'dockerd';

export function findDaemons(
  root: string,
  seen: readonly SeenProcess[],
  commands: CommandLines,
  memory: Memory,
): ScannedEngine[] {
  return seen.flatMap(({ pid, stat, own }) => {
    if (stat.command !== PROGRAM || own.includes('mnt')) return [];
    const sockets = parseDaemon(commands.read(pid));
    const status = memory.recall(pid, 'status', () => tryReadRecord(`${root}/${pid}/status`) ?? '');
    return sockets === null || status === '' ? [] : [{ engine: 'docker', pid, uid: parseStatus(status).uid, sockets }];
  });
}
