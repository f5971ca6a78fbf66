// Snapshot in, nodes out. Pure: no vscode, no I/O. Nodes are plain data that containersProvider.ts turns into TreeItems.
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { Container, NamespaceRef, Snapshot } from '../model/container';
import { plain } from '../model/text';
import { describeType } from '../select/typeTexts';

export type TreeNode = GroupNode | ContainerNode | NamespaceNode;

interface NodeBase {
  /** Stable across refreshes, so that expansion, selection and checkboxes survive. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  /** Words for `when` clauses: see package.json. */
  readonly contextValue: string;
}

export interface GroupNode extends NodeBase {
  readonly kind: 'group';
  readonly level: 'engine' | 'project';
  readonly children: readonly (GroupNode | ContainerNode)[];
}

export interface ContainerNode extends NodeBase {
  readonly kind: 'container';
  readonly container: Container;
  readonly children: readonly NamespaceNode[];
}

export interface NamespaceNode extends NodeBase {
  readonly kind: 'namespace';
  readonly container: Container;
  readonly namespace: NamespaceRef;
  readonly children: readonly [];
}

export function buildNodes(snapshot: Snapshot): GroupNode[] {
  return groupBy(snapshot.containers, (container) => container.engine).map(([engine, containers]) => {
    const single = containers.filter((container) => container.composeProject === null);
    const composed = containers.filter((container) => container.composeProject !== null);
    const projects = groupBy(composed, (container) => container.composeProject ?? '').map(([project, members]) =>
      group('project', `${engine}/project/${project}`, project, members.map(containerNode)),
    );
    return group('engine', `engine/${engine}`, engine, [...projects, ...single.map(containerNode)]);
  });
}

function group(level: GroupNode['level'], id: string, name: string, children: GroupNode['children']): GroupNode {
  return {
    kind: 'group',
    level,
    id,
    label: plain(name, 80),
    description: '',
    tooltip: plain(name, 200),
    contextValue: level,
    children,
  };
}

/** What people enter most comes first. */
const DISPLAY_ORDER: readonly NamespaceName[] = ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'];

function containerNode(container: Container): ContainerNode {
  const net = container.namespaces.find((namespace) => namespace.type === 'net');
  return {
    kind: 'container',
    id: container.key,
    label: plain(container.name, 80),
    description: plain(container.image ?? `pid ${container.pid}`, 80),
    tooltip: containerTooltip(container),
    contextValue: net && isJoinable(net) ? 'container net joinable' : 'container',
    container,
    children: DISPLAY_ORDER.flatMap((type) => container.namespaces.filter((namespace) => namespace.type === type)).map(
      (namespace) => namespaceNode(container, namespace),
    ),
  };
}

function namespaceNode(container: Container, namespace: NamespaceRef): NamespaceNode {
  const state = namespace.host ? ' host' : namespace.inode === null ? ' locked' : '';
  return {
    kind: 'namespace',
    id: `${container.key}/${namespace.type}`,
    label: namespace.type,
    description: describeNamespace(namespace),
    tooltip: namespaceTooltip(container, namespace),
    contextValue: `namespace ${namespace.type}${state}${isJoinable(namespace) ? ' joinable' : ''}`,
    container,
    namespace,
    children: [],
  };
}

/** A locked namespace may be joined too: the helper, as root, can read what we cannot. The host's own is where we are. */
export function isJoinable(namespace: NamespaceRef): boolean {
  return !namespace.host;
}

function describeNamespace(namespace: NamespaceRef): string {
  if (namespace.inode === null) return namespace.host ? 'not in this kernel' : 'locked — only root may read it';
  const parts = [`${namespace.type}:[${namespace.inode}]`];
  if (namespace.host) parts.push('host');
  if (namespace.sharedWith.length > 0) parts.push(`shared with ${plain(namespace.sharedWith.join(', '), 80)}`);
  return parts.join(' · ');
}

function containerTooltip(container: Container): string {
  const lines = [`${container.name} (${container.engine})`];
  if (container.id !== null) lines.push(`id: ${container.id}`);
  if (container.image !== null) lines.push(`image: ${container.image}`);
  if (container.composeService !== null)
    lines.push(`compose: ${container.composeProject ?? '?'} / ${container.composeService}`);
  lines.push(`pid: ${container.pid}`);
  if (container.uid !== null) lines.push(`uid: ${container.uid}`);
  return lines.map((line) => plain(line, 200)).join('\n');
}

function namespaceTooltip(container: Container, namespace: NamespaceRef): string {
  return `${namespace.type} — ${describeType(namespace.type)}\n/proc/${container.pid}/ns/${namespace.type}\n${describeNamespace(namespace)}`;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const found = groups.get(key(item));
    if (found) found.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups];
}
