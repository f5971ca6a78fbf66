// The view "Containers": snapshot in, nodes out. Pure: no vscode, no I/O. A provider turns nodes into TreeItems.
import type { Ports } from '../inspect/ports';
import { t } from '../l10n';
import { type Container, isRunning, type Snapshot } from '../model/container';
import { sameItems } from '../model/sameItems';
import { plain } from '../model/text';
import { oneStep, type Work } from '../shared/slices';
import { inDisplayOrder } from '../shared/typeTexts';
import { arrange, type Arrangement, USUAL_ARRANGEMENT } from './arrangement';
import { containersText } from './counts';
import { inParts, MOST_ROWS } from './manyRows';
import { nest } from './nesting';
import { type KnownPorts, portsNodes } from './portNodes';
import { processGroup } from './processNodes';
import {
  type ContainerNode,
  groupNode,
  isJoinable,
  joined,
  namespaceNode,
  opensByItself,
  rowOf,
  type TreeNode,
} from './rows';

const NONE: readonly ContainerNode[] = [];

/** A row for a container. */
type MakeNode = (container: Container) => ContainerNode;

/** What was read for rows that are open, by the keys of their containers; null where it is being read. */
export interface ReadForRows {
  readonly ports: KnownPorts;
  readonly addresses: ReadonlyMap<string, readonly string[] | null>;
}

const NOTHING: ReadForRows = { ports: new Map(), addresses: new Map() };

/** What is below one container besides what its Container tells. */
interface Below {
  readonly ports: Ports | null | undefined;
  readonly addresses: readonly string[] | null | undefined;
  readonly nested: readonly ContainerNode[];
}

/** Rows by what they show: discovery keeps what did not change as the same objects. */
export type MadeRows = WeakMap<Container, Below & { readonly row: ContainerNode }>;

/** `made` remembers the rows from one picture to the next. */
export function* buildNodes(
  snapshot: Snapshot,
  arrangement: Arrangement = USUAL_ARRANGEMENT,
  read: ReadForRows = NOTHING,
  made: MadeRows = new WeakMap(),
): Work<TreeNode[]> {
  const containers = yield* arrange(snapshot.containers, arrangement);
  const { top, inside } = yield* nest(containers);
  const make: MakeNode = (container) => {
    const nested = inside.get(container.key)?.map(make) ?? NONE;
    const { key } = container;
    return madeOnce(container, { ports: read.ports.get(key), addresses: read.addresses.get(key), nested }, made);
  };
  const nodes = yield* nodesOf(top, arrangement, make);
  yield* makeShown(nodes);
  return nodes;
}

function* nodesOf(top: readonly Container[], { groupBy: by }: Arrangement, make: MakeNode): Work<TreeNode[]> {
  if (by === 'none') return yield* rowsOf('containers', top, make);
  if (by === 'project') return yield* byProject(top, '', 'containers', make);
  return groupBy(top, ({ engine }) => engine).map(([engine, members]) => {
    const id = `engine/${engine}`;
    return groupNode('engine', id, engine, members.length, () => byProject(members, `${engine}/`, id, make));
  });
}

/** Makes what is below rows that open by themselves, of which somebody soon asks for all at once. */
function* makeShown(nodes: readonly TreeNode[]): Work<void> {
  for (const node of nodes) {
    if (node.kind !== 'group' || !opensByItself(node)) continue;
    yield* node.makeChildren();
    yield* makeShown(node.children);
  }
}

/** Compose projects and pods first, then what is in neither. */
function* byProject(
  containers: readonly Container[],
  prefix: string,
  parent: string,
  make: MakeNode,
): Work<TreeNode[]> {
  const single = containers.filter((container) => groupOf(container) === null);
  const grouped = containers.filter((container) => groupOf(container) !== null);
  const groups = groupBy(grouped, (container) => groupOf(container)?.join('/') ?? '').map(([, members]) => {
    const [level, name] = (members[0] && groupOf(members[0])) ?? ['project', ''];
    // What is below it has an id of single slashes behind this one: nobody may call a project so.
    const id = `${prefix}${level}/${name.replaceAll('/', '//')}`;
    return groupNode(level, id, name, members.length, () => rowsOf(id, members, make));
  });
  return [...groups, ...(yield* rowsOf(parent, single, make))];
}

/** Where there are too many for one list, those that run come first: it is them that a person can enter. */
function* rowsOf(parent: string, containers: readonly Container[], make: MakeNode): Work<TreeNode[]> {
  const rows = (some: readonly Container[], id: string): Work<TreeNode[]> =>
    inParts(id, some, ({ name }) => name, make);
  if (containers.length <= MOST_ROWS) return yield* rows(containers, parent);
  const running = yield* rows(containers.filter(isRunning), parent);
  const stopped = containers.filter((container) => !isRunning(container));
  if (stopped.length === 0) return running;
  const id = `${parent}/stopped`;
  return [...running, groupNode('notRunning', id, t('Stopped'), stopped.length, () => rows(stopped, id))];
}

function groupOf({ composeProject, pod }: Container): ['project' | 'pod', string] | null {
  if (composeProject !== null) return ['project', composeProject];
  return pod === null ? null : ['pod', pod];
}

function madeOnce(container: Container, below: Below, made: MadeRows): ContainerNode {
  const before = made.get(container);
  const isSame =
    before?.ports === below.ports &&
    before?.addresses === below.addresses &&
    sameItems(before?.nested ?? [], below.nested);
  if (before && isSame) return before.row;
  const row = containerNode(container, below);
  made.set(container, { ...below, row });
  return row;
}

function containerNode(container: Container, below: Below): ContainerNode {
  const label = plain(container.name, 80);
  const description = describeContainer(container, below.nested.length);
  const runs = isRunning(container);
  const parts = {
    kind: 'container',
    id: container.key,
    label,
    description,
    spoken: joined([t('container'), label, description, plain(container.engine, 40)]),
    contextValue: containerContext(container),
    container,
    nested: below.nested,
  } as const;
  return rowOf(parts, {
    children: () => oneStep(() => (runs ? childrenOf(container, below) : [])),
    tooltip: () => containerTooltip(container),
  });
}

/** Nothing of one that is stopped can be entered. */
function containerContext(container: Container): string {
  const net = container.namespaces.find(({ type }) => type === 'net');
  const runs = isRunning(container);
  const words = [runs ? 'container' : 'stopped'];
  if (runs && net && isJoinable(net)) words.push('net', 'joinable');
  if (container.id !== null) words.push('identified');
  return words.join(' ');
}

function childrenOf(container: Container, { ports, addresses, nested }: Below): TreeNode[] {
  const namespaces = inDisplayOrder(container.namespaces, ({ type }) => type);
  return [
    ...namespaces.map((namespace) => namespaceNode(container, namespace, addresses ?? [])),
    ...processGroup(container),
    ...(nested.length === 0 ? [] : [nestedGroup(container, nested)]),
    ...portsNodes(container, ports),
  ];
}

function nestedGroup({ key }: Container, nested: readonly ContainerNode[]): TreeNode {
  return groupNode('containers', `${key}/containers`, t('Containers'), nested.length, () => oneStep(() => nested));
}

function describeContainer(container: Container, nested: number): string {
  const parts = [container.image ?? (container.pid === 0 ? '' : t('pid {0}', container.pid))];
  if (container.rootless) parts.push(container.user === null ? t('rootless') : t('rootless, {0}', container.user));
  if (container.state !== 'running') parts.push(container.state);
  if (nested > 0) parts.push(t('{0} inside', containersText(nested)));
  return plain(parts.filter((part) => part !== '').join(' · '), 120);
}

function containerTooltip(container: Container): string {
  const facts: [string, string | number | null][] = [
    ['id', container.id],
    [t('containerd namespace'), container.engineNamespace],
    [t('image'), container.image],
    [t('pod'), container.pod],
    [t('compose project'), container.composeProject],
    [t('compose service'), container.composeService],
    [t('state'), container.state],
    ['pid', container.pid],
    ['uid', container.uid],
    [t('user'), container.user],
  ];
  const lines = facts.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return [`${container.name} (${container.engine})`, ...lines].map((line) => plain(line, 200)).join('\n');
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  items.forEach((item) => {
    const found = groups.get(key(item));
    if (found) found.push(item);
    else groups.set(key(item), [item]);
  });
  return [...groups];
}
