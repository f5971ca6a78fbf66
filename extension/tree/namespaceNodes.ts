// The view "Namespaces": each type with its namespaces, who is in them and what holds them; user and pid as hierarchies.
// Snapshot in, nodes out. Pure.
import type { RunningProcess } from '../inspect/processes';
import { t } from '../l10n';
import type { Container, Namespace, NamespaceRef, Snapshot } from '../model/container';
import { sameItems } from '../model/sameItems';
import { plain } from '../model/text';
import { heldChoice } from '../select/held';
import { indexBy } from '../shared/indexBy';
import type { Work } from '../shared/slices';
import { sorted } from '../shared/sorted';
import { describeType, DISPLAY_ORDER, nounOf } from '../shared/typeTexts';
import { processesText } from './counts';
import { inParts } from './manyRows';
import { memberNode, membersNodes } from './memberNodes';
import { groupNode, joined, namespaceContext, rowOf, type TreeNode } from './rows';

/** What was read of the processes in namespaces whose row of them is open, by `keyOf`; null where it is being read. */
export type KnownMembers = ReadonlyMap<string, readonly RunningProcess[] | null>;

/** What is to be seen of a namespace. */
interface Seen {
  readonly members: readonly Container[];
  /** Rows of the namespaces that it is the parent of. */
  readonly below: readonly TreeNode[];
  readonly processes: readonly RunningProcess[] | null | undefined;
}

/** Rows by what they show: discovery keeps what did not change as the same objects. */
export type MadeNamespaceRows = WeakMap<Namespace, Seen & { readonly row: TreeNode }>;

/** An inode alone does not tell a namespace: it is one of its type. */
export const keyOf = ({ type, inode }: Pick<Namespace, 'type' | 'inode'>): string => `type/${type}/${inode}`;

/** `made` remembers the rows from one picture to the next. Those below a type that is not open are made when it is opened. */
export function* buildNamespaceNodes(
  { namespaces, containers }: Snapshot,
  made: MadeNamespaceRows = new WeakMap(),
  isOpen: (id: string) => boolean = () => true,
  known: KnownMembers = new Map(),
): Work<TreeNode[]> {
  let byKey: ReadonlyMap<string, Container> = new Map();
  const make: MakeRow = (namespace, below) => madeOnce(namespace, below, byKey, known, made);
  function* rowsOf(id: string, ofType: readonly Namespace[]): Work<TreeNode[]> {
    // Those that /proc does not show are in none.
    const seen = byKey.size === 0 ? containers.filter(({ startTime }) => startTime !== null) : [];
    if (seen.length > 0) byKey = yield* indexBy(seen, ({ key }) => key);
    return yield* hierarchy(id, ofType, make);
  }
  const groups: TreeNode[] = [];
  for (const type of DISPLAY_ORDER) {
    yield;
    const ofType = namespaces.filter((namespace) => namespace.type === type);
    if (ofType.length === 0) continue;
    const id = `type/${type}`;
    const group = groupNode(type, id, type, ofType.length, () => rowsOf(id, ofType));
    if (isOpen(group.id)) yield* group.makeChildren();
    groups.push(group);
  }
  return groups;
}

type MakeRow = (namespace: Namespace, below: readonly TreeNode[]) => TreeNode;

/** Only user and pid namespaces have a parent; one whose parent is not to be seen stands at the top. */
function* hierarchy(parent: string, ofType: readonly Namespace[], make: MakeRow): Work<TreeNode[]> {
  const parents = new Set<number | null>();
  ofType.forEach(({ parent }) => parents.add(parent));
  const known = new Set(ofType.filter(({ inode }) => parents.has(inode)).map(({ inode }) => inode));
  const below = new Map<number | null, Namespace[]>();
  (yield* sorted(ofType, byHostAndInode)).forEach((each) => {
    const parent = each.parent !== null && known.has(each.parent) ? each.parent : null;
    const siblings = below.get(parent);
    if (siblings) siblings.push(each);
    else below.set(parent, [each]);
  });
  /** With all that is below it. */
  function* withBelow(each: Namespace): Work<TreeNode> {
    const rows: TreeNode[] = [];
    for (const child of below.get(each.inode) ?? []) rows.push(yield* withBelow(child));
    yield;
    return make(each, rows);
  }
  const top = below.get(null) ?? [];
  // Of thousands, few have any below them: the others are made with the part in which they stand.
  const withOthers = new Map<Namespace, TreeNode>();
  for (const each of top.filter(({ inode }) => below.has(inode))) withOthers.set(each, yield* withBelow(each));
  return yield* inParts(parent, top, labelOf, (each) => withOthers.get(each) ?? make(each, []));
}

const labelOf = ({ type, inode }: Namespace): string => `${type}:[${inode}]`;

const rowsInParts = (parent: string, rows: readonly TreeNode[]): Work<TreeNode[]> =>
  inParts(
    parent,
    rows,
    ({ label }) => label,
    (row) => row,
  );

function madeOnce(
  namespace: Namespace,
  below: readonly TreeNode[],
  byKey: ReadonlyMap<string, Container>,
  known: KnownMembers,
  made: MadeNamespaceRows,
): TreeNode {
  const members = namespace.containerKeys.flatMap((key) => byKey.get(key) ?? []);
  const processes = known.get(keyOf(namespace));
  const before = made.get(namespace);
  const same = before?.processes === processes;
  if (before && same && sameItems(before.members, members) && sameItems(before.below, below)) return before.row;
  const seen = { members, below, processes };
  const row = node(namespace, seen);
  made.set(namespace, { ...seen, row });
  return row;
}

function node(namespace: Namespace, { members, below, processes }: Seen): TreeNode {
  const { type, inode, host } = namespace;
  const id = keyOf(namespace);
  const description = describe(namespace, members);
  const [container] = members;
  const reference = container?.namespaces.find((each) => each.type === type && each.inode === inode);
  const parts = {
    id,
    leaf: below.length + members.length + namespace.pids.length === 0,
    label: labelOf(namespace),
    description,
    spoken: joined([nounOf(type), String(inode), description]),
  };
  const later = {
    children: function* (): Work<TreeNode[]> {
      return [
        ...(yield* rowsInParts(id, below)),
        ...(yield* inParts(
          `${id}/members`,
          members,
          ({ name }) => name,
          (each) => memberNode(id, each),
        )),
        ...membersNodes(id, namespace, processes),
      ];
    },
    tooltip: () => tooltip(namespace, members),
  };
  if (!container || !reference || host)
    return rowOf({ ...parts, kind: 'held', type, inode, host, contextValue: heldContext(namespace) }, later);
  return rowOf(
    { ...parts, kind: 'namespace', container, namespace: reference, contextValue: context(reference) },
    later,
  );
}

function heldContext(namespace: Namespace): string {
  const state = namespace.host ? 'host' : 'obstacle' in heldChoice(namespace) ? 'closed' : 'joinable';
  return ['held', 'namespace', namespace.type, state].join(' ');
}

const context = (reference: NamespaceRef): string => `listed ${namespaceContext(reference)}`;

function describe({ host, pids, heldBy }: Namespace, members: readonly Container[]): string {
  if (host) return t('host');
  if (members.length > 0) return plain(members.map(({ name }) => name).join(', '), 80);
  if (pids.length > 0) return processesText(pids.length);
  return plain(heldBy[0] ?? t('held by a child namespace'), 80);
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
    ...heldBy.slice(0, 5).map((path): [string, string] => [t('held by'), path]),
    [t('cannot be entered'), !host && members.length === 0 && 'obstacle' in choice ? choice.obstacle : null],
  ];
  const lines = facts.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return [`${type} — ${describeType(type)}`, ...lines].map((line) => plain(line, 200)).join('\n');
}

/** The machine's own first, then as they were made. */
function byHostAndInode(a: Namespace, b: Namespace): number {
  return Number(b.host) - Number(a.host) || a.inode - b.inode;
}
