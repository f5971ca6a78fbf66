// Who is in a namespace: rows of its containers, and one of its processes, which are read only when a person opens it. Pure.
import type { RunningProcess } from '../inspect/processes';
import { t } from '../l10n';
import type { Container, Namespace } from '../model/container';
import { plain } from '../model/text';
import { processesText } from './counts';
import { joined, type MemberNode, type MembersNode, noteNode, type ProcessNode } from './rows';

/** `parent`: the id of the namespace's row. */
export function memberNode(parent: string, container: Container): MemberNode {
  const label = plain(container.name, 80);
  const description = plain(container.engine, 40);
  return {
    kind: 'member',
    id: `${parent}/${container.key}`,
    label,
    description,
    tooltip: [label, description].join('\n'),
    spoken: joined([t('container'), label, description]),
    contextValue: 'member listed',
    container,
    children: [],
  };
}

/** None where no process is known: it may be that only a file holds the namespace, and the machine's own are not counted. */
export function membersNodes(
  parent: string,
  namespace: Namespace,
  processes: readonly RunningProcess[] | null | undefined,
): MembersNode[] {
  const { length } = namespace.pids;
  if (length === 0) return [];
  const id = `${parent}/processes`;
  const label = t('Processes');
  return [
    {
      kind: 'members',
      id,
      label,
      description: String(length),
      tooltip: label,
      spoken: processesText(length),
      contextValue: 'members',
      of: namespace,
      children: processes
        ? processes.map((each) => processNode(id, each))
        : [noteNode(id, 'loading~spin', t('looking…'))],
    },
  ];
}

function processNode(parent: string, { pid, command }: RunningProcess): ProcessNode {
  const label = plain(command, 80);
  const description = t('pid {0}', pid);
  return {
    kind: 'process',
    id: `${parent}/${pid}`,
    label,
    description,
    tooltip: `${plain(command, 400)}\n${description}`,
    spoken: joined([t('process'), label, description]),
    contextValue: 'process',
    container: null,
    pid,
    children: [],
  };
}
