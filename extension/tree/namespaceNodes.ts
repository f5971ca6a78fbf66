// The view "Namespaces": each type with its namespaces, who is in them and what keeps them; user and pid as hierarchies.
// Snapshot in, nodes out. Pure.
import { t } from '../l10n';
import type { Container, Namespace, NamespaceRef, Snapshot } from '../model/container';
import { sameItems } from '../model/sameItems';
import { plain } from '../model/text';
import { heldChoice } from '../select/held';
import { describeType, nounOf } from '../select/typeTexts';
import { atOnce, type Work } from '../shared/slices';
import { DISPLAY_ORDER, groupNode, joined, namespaceContext, type TreeNode } from './rows';

/** Rows by what they show: discovery keeps what did not change as the same objects. */
export type MadeNamespaceRows = WeakMap<
  Namespace,
  { readonly members: readonly Container[]; readonly children: readonly TreeNode[]; readonly row: TreeNode }
>;

/** `made` remembers the rows from one picture to the next. Those below a type that is not open are made when it is opened. */
export function* buildNamespaceNodes(
  { namespaces, containers }: Snapshot,
  made: MadeNamespaceRows = new WeakMap(),
  isOpen: (id: string) => boolean = () => true,
): Work<TreeNode[]> {
  const byKey = new Map(containers.map((container) => [container.key, container]));
  const groups: TreeNode[] = [];
  for (const type of DISPLAY_ORDER) {
    yield;
    const ofType = namespaces.filter((namespace) => namespace.type === type);
    if (ofType.length === 0) continue;
    const id = `type/${type}`;
    const below = hierarchy(ofType, byKey, made);
    const roots = isOpen(id) ? yield* below : null;
    groups.push(groupNode(type, id, type, String(ofType.length), () => roots ?? atOnce(below)));
  }
  return groups;
}

/** Only user and pid namespaces have a parent; one whose parent is not to be seen stands at the top. */
function* hierarchy(
  ofType: readonly Namespace[],
  byKey: ReadonlyMap<string, Container>,
  made: MadeNamespaceRows,
): Work<TreeNode[]> {
  const known = new Set(ofType.map(({ inode }) => inode));
  const below = new Map<number | null, Namespace[]>();
  for (const each of [...ofType].sort(byHostAndInode)) {
    const parent = each.parent !== null && known.has(each.parent) ? each.parent : null;
    const siblings = below.get(parent);
    if (siblings) siblings.push(each);
    else below.set(parent, [each]);
  }
  function* nodesBelow(parent: number | null): Work<TreeNode[]> {
    const nodes: TreeNode[] = [];
    for (const each of below.get(parent) ?? []) {
      const children = yield* nodesBelow(each.inode);
      nodes.push(madeOnce(each, byKey, children, made));
      yield;
    }
    return nodes;
  }
  return yield* nodesBelow(null);
}

function madeOnce(
  namespace: Namespace,
  byKey: ReadonlyMap<string, Container>,
  children: readonly TreeNode[],
  made: MadeNamespaceRows,
): TreeNode {
  const members = namespace.containerKeys.flatMap((key) => byKey.get(key) ?? []);
  const before = made.get(namespace);
  if (before && sameItems(before.members, members) && sameItems(before.children, children)) return before.row;
  const row = node(namespace, members, children);
  made.set(namespace, { members, children, row });
  return row;
}

function node(namespace: Namespace, members: readonly Container[], children: readonly TreeNode[]): TreeNode {
  const { type, inode, host } = namespace;
  const description = describe(namespace, members);
  const [container] = members;
  const reference = container?.namespaces.find((each) => each.type === type && each.inode === inode);
  return {
    ...(container && reference && !host
      ? { kind: 'namespace', container, namespace: reference, contextValue: context(reference) }
      : { kind: 'kept', type, inode, host, contextValue: keptContext(namespace) }),
    id: `type/${type}/${inode}`,
    label: `${type}:[${inode}]`,
    description,
    // All of a type are made at once when it is opened; this would be the most of it.
    get tooltip() {
      return tooltip(namespace, members);
    },
    spoken: joined([nounOf(type), String(inode), description]),
    children,
  };
}

function keptContext(namespace: Namespace): string {
  const state = namespace.host ? 'host' : 'obstacle' in heldChoice(namespace) ? 'closed' : 'joinable';
  return ['kept', 'namespace', namespace.type, state].join(' ');
}

const context = (reference: NamespaceRef): string => `listed ${namespaceContext(reference)}`;

function describe({ host, pids, heldBy }: Namespace, members: readonly Container[]): string {
  if (host) return t('host');
  if (members.length > 0) return plain(members.map(({ name }) => name).join(', '), 80);
  if (pids.length > 0) return t('{0} processes', pids.length);
  return plain(heldBy[0] ?? t('kept by a child'), 80);
}

function tooltip(namespace: Namespace, members: readonly Container[]): string {
  const { type, owner, parent, pids, heldBy, host } = namespace;
  const choice = heldChoice(namespace);
  const facts: [string, string | null][] = [
    [t('containers'), members.length > 0 ? members.map(({ name }) => name).join(', ') : null],
    [t('processes'), pids.length > 0 ? String(pids.length) : null],
    // Of a user namespace, its owner is its parent.
    [t('owner'), owner === null || type === 'user' ? null : `user:[${owner}]`],
    [t('parent'), parent === null ? null : `${type}:[${parent}]`],
    ...heldBy.slice(0, 5).map((path): [string, string] => [t('kept by'), path]),
    [t('cannot be entered'), !host && members.length === 0 && 'obstacle' in choice ? choice.obstacle : null],
  ];
  const lines = facts.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return [`${type} — ${describeType(type)}`, ...lines].map((line) => plain(line, 200)).join('\n');
}

/** The machine's own first, then as they were made. */
function byHostAndInode(a: Namespace, b: Namespace): number {
  return Number(b.host) - Number(a.host) || a.inode - b.inode;
}
