// The processes of containers, as a person wants to see them: pid and user inside and outside, and the command. Pure but
// for command lines, which may be read here for the first time.
import type { ScannedNamespace, ScannedProcess } from '../protocol';
import type { CommandLines } from './commandLines';
import type { KnownGroup } from './known';
import { idInside, parseIdMap } from '../idMap';

export function describeProcesses(
  groups: readonly KnownGroup[],
  namespaces: readonly ScannedNamespace[],
  commands: CommandLines,
): ScannedProcess[] {
  const maps = new Map(namespaces.flatMap(({ inode, uidMap }) => (uidMap ? [[inode, uidMap] as const] : [])));
  const processes = groups.flatMap((group) => {
    const map = maps.get(group.leader.inodes.user ?? 0) ?? parseIdMap(group.hints().user.mark ?? '');
    return group.processes.map(({ pid, stat, pids, uid }): ScannedProcess => {
      const command = commands.text(pid) || stat.command;
      return { pid, parent: stat.parentPid, nsPids: pids, uid, insideUid: idInside(map, uid), command };
    });
  });
  return processes.sort((a, b) => a.pid - b.pid);
}
