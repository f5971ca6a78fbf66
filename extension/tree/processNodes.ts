// The processes of a container as the tree that they are, each below the one that started it. Pure.
import type { ScannedProcess } from '../../helper/protocol';
import { MOST_PROCESSES } from '../inspect/processes';
import { t } from '../l10n';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { oneStep, type Work } from '../shared/slices';
import { type GroupNode, groupNode, joined, type ProcessNode } from './rows';

/** Below a row with their number. */
export function processGroup(container: Container): GroupNode[] {
  const { processes } = container.details;
  if (processes.length === 0) return [];
  const shown = (): Work<ProcessNode[]> => oneStep(() => processTree(container, processes.slice(0, MOST_PROCESSES)));
  return [groupNode('processes', `${container.key}/processes`, t('Processes'), processes.length, shown)];
}

/** At the top are those whose parent is not in the container: its first one, and who came in from outside. */
function processTree(container: Container, processes: readonly ScannedProcess[]): ProcessNode[] {
  const left = new Set(processes.map(({ pid }) => pid));
  const byParent = new Map<number, ScannedProcess[]>();
  for (const process of processes) {
    const siblings = byParent.get(process.parent);
    if (siblings) siblings.push(process);
    else byParent.set(process.parent, [process]);
  }
  const nodesOf = (some: readonly ScannedProcess[]): ProcessNode[] =>
    some.flatMap((process) =>
      left.delete(process.pid) ? [processNode(container, process, nodesOf(byParent.get(process.pid) ?? []))] : [],
    );
  const nodes = nodesOf(processes.filter(({ parent }) => !left.has(parent)));
  // Parents can seem to go round in a circle where a pid was used again between two readings.
  for (const process of processes) nodes.push(...nodesOf([process]));
  return nodes;
}

function processNode(
  container: Container,
  { pid, nsPids, uid, insideUid, command }: ScannedProcess,
  children: readonly ProcessNode[],
): ProcessNode {
  const inside = nsPids.at(-1) ?? pid;
  const pids = inside === pid ? t('pid {0}', pid) : t('pid {0}, inside {1}', pid, inside);
  const user = insideUid === null || insideUid === uid ? t('user {0}', uid) : t('user {0}, inside {1}', uid, insideUid);
  const label = plain(command, 80);
  const description = `${pids} · ${user}`;
  return {
    kind: 'process',
    id: `${container.key}/processes/${pid}`,
    label,
    description,
    tooltip: [plain(command, 400), pids, user].join('\n'),
    spoken: joined([t('process'), label, description]),
    contextValue: 'process',
    container,
    pid,
    children,
  };
}
