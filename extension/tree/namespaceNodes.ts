// The view "Namespaces": each type with its namespaces, who is in them and what keeps them; user and pid as hierarchies.
// Snapshot in, nodes out. Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container, Namespace, NamespaceRef, Snapshot } from '../model/container';
import { plain } from '../model/text';
import { heldChoice } from '../select/held';
import { describeType, nounOf } from '../select/typeTexts';
import { groupNode, joined, namespaceContext, type TreeNode } from './rows';

const DISPLAY_ORDER: readonly NamespaceName[] = ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'];

export function buildNamespaceNodes({ namespaces, containers }: Snapshot): TreeNode[] {
  const byKey = new Map(containers.map((container) => [container.key, container]));
  return DISPLAY_ORDER.flatMap((type) => {
    const ofType = namespaces.filter((namespace) => namespace.type === type).sort(byHostAndInode);
    if (ofType.length === 0) return [];
    return [groupNode(type, `type/${type}`, type, String(ofType.length), roots(ofType, byKey))];
  });
}

/** Only user and pid namespaces have a parent; one whose parent is not to be seen stands at the top. */
function roots(ofType: readonly Namespace[], byKey: ReadonlyMap<string, Container>): TreeNode[] {
  const known = new Set(ofType.map(({ inode }) => inode));
  const below = (parent: number | null): TreeNode[] =>
    ofType
      .filter((each) => (each.parent !== null && known.has(each.parent) ? each.parent : null) === parent)
      .map((each) => node(each, byKey, below(each.inode)));
  return below(null);
}

function node(namespace: Namespace, byKey: ReadonlyMap<string, Container>, children: readonly TreeNode[]): TreeNode {
  const { type, inode, host, containerKeys } = namespace;
  const members = containerKeys.flatMap((key) => byKey.get(key) ?? []);
  const description = describe(namespace, members);
  const base = {
    id: `type/${type}/${inode}`,
    label: `${type}:[${inode}]`,
    description,
    tooltip: tooltip(namespace, members),
    spoken: joined([nounOf(type), String(inode), description]),
    children,
  };
  const [container] = members;
  const reference = container?.namespaces.find((each) => each.type === type && each.inode === inode);
  if (container && reference && !host) {
    return { ...base, kind: 'namespace', container, namespace: reference, contextValue: context(reference) };
  }
  return { ...base, kind: 'kept', type, inode, host, contextValue: keptContext(namespace) };
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
