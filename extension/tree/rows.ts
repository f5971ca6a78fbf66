// The kinds of rows that both views have, and how one row is made of what it shows. Pure: no vscode, no I/O.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container, Namespace, NamespaceRef } from '../model/container';
import { plain } from '../model/text';
import { atOnce, type Work } from '../shared/slices';
import { describeType, nounOf } from '../shared/typeTexts';
import { containersText, processesText } from './counts';

export type TreeNode =
  | GroupNode
  | ContainerNode
  | NamespaceNode
  | ProcessNode
  | PortsNode
  | PortNode
  | NoteNode
  | HeldNode
  | MemberNode
  | MembersNode;

interface NodeBase {
  /** Stable across refreshes, so that expansion, selection and checkboxes survive. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  /** What a screen reader says: the whole row in words. */
  readonly spoken: string;
  /** Words for `when` clauses: see package.json. */
  readonly contextValue: string;
  /** Of most rows made when somebody first asks: what is below the others is never seen. */
  readonly children: readonly TreeNode[];
}

/** How to make what is made when somebody first asks: most rows are neither opened nor pointed at. */
interface Later {
  readonly children: () => Work<readonly TreeNode[]>;
  readonly tooltip: () => string;
}

/** Of a class, since an object with getters of its own is a table to V8, three times as large and as long in the making. */
class LaterParts {
  readonly #later: Later;
  #children: readonly TreeNode[] | null = null;

  constructor(later: Later) {
    this.#later = later;
  }

  get children(): readonly TreeNode[] {
    return (this.#children ??= atOnce(this.#later.children()));
  }

  *makeChildren(): Work<void> {
    this.#children ??= yield* this.#later.children();
  }

  get tooltip(): string {
    return this.#later.tooltip();
  }
}

/** A row with these parts, and others that are made later. */
export function rowOf<Parts extends object>(parts: Parts, later: Later): Parts & LaterParts {
  return Object.assign(new LaterParts(later), parts);
}

/** VS Code asks for its children without anybody opening it. */
export function opensByItself(node: TreeNode): boolean {
  return node.kind === 'process' || (node.kind === 'group' && ['engine', 'project', 'pod'].includes(node.level));
}

export interface GroupNode extends NodeBase {
  readonly kind: 'group';
  readonly level: 'engine' | 'project' | 'pod' | 'processes' | 'containers' | 'notRunning' | 'part' | NamespaceName;
  /** Makes the children, where nobody has asked for them yet: there may be thousands. */
  readonly makeChildren: () => Work<void>;
}

export interface ContainerNode extends NodeBase {
  readonly kind: 'container';
  readonly container: Container;
  /** Those that lie in it; also among what is below it. */
  readonly nested: readonly ContainerNode[];
}

/** A namespace of a container: it can be entered through that one's process. */
export interface NamespaceNode extends NodeBase {
  readonly kind: 'namespace';
  /** Nothing is below it: told without making what is. */
  readonly leaf: boolean;
  readonly container: Container;
  readonly namespace: NamespaceRef;
}

export interface ProcessNode extends NodeBase {
  readonly kind: 'process';
  /** Null below a namespace, where it may be of none. */
  readonly container: Container | null;
  readonly pid: number;
}

/** A container below a namespace that it is in. */
export interface MemberNode extends NodeBase {
  readonly kind: 'member';
  readonly container: Container;
}

/** The row that has the processes of a namespace below it. */
export interface MembersNode extends NodeBase {
  readonly kind: 'members';
  readonly of: Namespace;
}

/** The row that has the ports of a container below it. */
export interface PortsNode extends NodeBase {
  readonly kind: 'ports';
  readonly container: Container;
}

export interface PortNode extends NodeBase {
  readonly kind: 'port';
  readonly container: Container;
  readonly reachedAt: string;
}

/** Stands where rows are missing, and says why. */
export interface NoteNode extends NodeBase {
  readonly kind: 'note';
  readonly icon: 'info' | 'loading~spin' | 'lock';
}

/** A namespace without a container's process in it: the machine's own, or one that something else holds (select/held.ts). */
export interface HeldNode extends NodeBase {
  readonly kind: 'held';
  readonly leaf: boolean;
  readonly type: NamespaceName;
  readonly inode: number;
  readonly host: boolean;
}

export function groupNode(
  level: Exclude<GroupNode['level'], 'part'>,
  id: string,
  name: string,
  /** Of what it stands for: containers, processes or namespaces. */
  count: number,
  make: () => Work<readonly TreeNode[]>,
): GroupNode {
  const label = plain(name, 80);
  const parts = {
    kind: 'group',
    level,
    id,
    label,
    description: String(count),
    spoken: spokenGroup(level, label, count),
    contextValue: level,
  } as const;
  return rowOf(parts, { children: make, tooltip: () => plain(name, 200) });
}

function spokenGroup(level: Exclude<GroupNode['level'], 'part'>, label: string, count: number): string {
  switch (level) {
    case 'engine':
      return joined([t('engine {0}', label), containersText(count)]);
    case 'project':
      return joined([t('compose project {0}', label), containersText(count)]);
    case 'pod':
      return joined([t('pod {0}', label), containersText(count)]);
    case 'processes':
      return processesText(count);
    case 'containers':
      return containersText(count);
    case 'notRunning':
      return joined([label, containersText(count)]);
    default:
      return joined([nounOf(level), count === 1 ? t('1 namespace') : t('{0} namespaces', count)]);
  }
}

/** A locked namespace may be joined too: the helper, as root, can read what we cannot. The host's own is where we are. */
export function isJoinable(namespace: NamespaceRef): boolean {
  return !namespace.host;
}

/** A namespace below its container. `addresses`: those of its network, where they are known. */
export function namespaceNode(
  container: Container,
  namespace: NamespaceRef,
  addresses: readonly string[] = [],
): NamespaceNode {
  const { type } = namespace;
  const inWords = describeNamespace(container, namespace, addresses, whyLocked(container));
  return {
    kind: 'namespace',
    // VS Code never takes a checkbox from a row that it knows (ResolvableTreeItem.asTreeItem() forgets it). What was locked and
    // turns out to be the machine's own has none, so it is another row.
    id: `${container.key}/${type}${namespace.host ? '/host' : ''}`,
    label: type,
    // A row has no room for the reason.
    description: describeNamespace(container, namespace, addresses, t('locked')),
    tooltip: [`${type} — ${describeType(type)}`, `/proc/${container.pid}/ns/${type}`, inWords].join('\n'),
    spoken: joined([nounOf(type), inWords, t('of {0}', plain(container.name, 80))]),
    contextValue: namespaceContext(namespace),
    leaf: true,
    container,
    namespace,
    children: [],
  };
}

export function namespaceContext(namespace: NamespaceRef): string {
  const state = namespace.host ? ' host' : namespace.inode === null ? ' locked' : '';
  return `namespace ${namespace.type}${state}${isJoinable(namespace) ? ' joinable' : ''}`;
}

function whyLocked({ startTime, lockedForRoot }: Container): string {
  // Its engine tells of it, but counts processes in another pid namespace, or /proc hides them.
  if (startTime === null) return t('locked — its process is not visible on this machine');
  return lockedForRoot ? t('locked — not even root may read it') : t('locked — only root may read it');
}

/** `locked`: what to say where it may not be read. */
function describeNamespace(
  container: Container,
  namespace: NamespaceRef,
  addresses: readonly string[],
  locked: string,
): string {
  const { type, inode, host } = namespace;
  if (host) return inode === null ? t('not in this kernel') : `${type}:[${inode}] · ${t('host')}`;
  const parts: string[] = [];
  if (type === 'net' && addresses.length > 0) parts.push(plain(addresses.join(', '), 80));
  const processes = type === 'pid' ? container.details.processes.length : 0;
  if (processes > 0) parts.push(processesText(processes));
  if (namespace.sharedWith.length > 0) parts.push(t('shared with {0}', plain(namespace.sharedWith.join(', '), 80)));
  return [inode === null ? locked : `${type}:[${inode}]`, ...parts].join(' · ');
}

export const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

/** `parent`: the id of the row that it stands below. `label`: in place of a text that is too long for a row. */
export function noteNode(parent: string, icon: NoteNode['icon'], text: string, label = text): NoteNode {
  return {
    kind: 'note',
    id: `${parent}/note`,
    label,
    description: '',
    tooltip: text,
    spoken: text,
    contextValue: 'note',
    icon,
    children: [],
  };
}
