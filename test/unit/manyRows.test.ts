// More rows below one than VS Code can show at once: in parts, and nothing of a part is made before somebody opens it.
import assert from 'node:assert/strict';
import type { Container, Namespace } from '../../extension/model/container';
import { atOnce } from '../../extension/shared/slices';
import { USUAL_ARRANGEMENT, type Arrangement } from '../../extension/tree/arrangement';
import { buildNamespaceNodes } from '../../extension/tree/namespaceNodes';
import { buildNodes } from '../../extension/tree/nodes';
import type { TreeNode } from '../../extension/tree/rows';
import { makeContainer, makeNamespace, snapshotOf } from './containerFixture';

const numbered = (length: number, nameOf: (number: string) => Container): Container[] =>
  Array.from({ length }, (_, index) => nameOf(String(index).padStart(4, '0')));
const running = (length: number): Container[] => numbered(length, (number) => makeContainer(`web-${number}`, {}));
const stopped = (length: number): Container[] =>
  numbered(length, (number) => makeContainer(`old-${number}`, {}, { state: 'exited', pid: 0 }));
const build = (containers: readonly Container[], change: Partial<Arrangement> = {}): TreeNode[] =>
  atOnce(buildNodes(snapshotOf(...containers), { ...USUAL_ARRANGEMENT, ...change }));
/** The groups with what they say, and of all others how many there are. */
const outline = (nodes: readonly TreeNode[]): string[] => {
  const others = nodes.filter(({ kind }) => kind !== 'group').length;
  const groups = nodes.filter(({ kind }) => kind === 'group');
  return [
    ...(others > 0 ? [`${others} rows`] : []),
    ...groups.flatMap(({ label, description, children }) => [
      `${label} ${description}`,
      ...outline(children).map((line) => `  ${line}`),
    ]),
  ];
};
const flat = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap((node) => [node, ...flat(node.children)]);
const namespaces = (length: number, more: Partial<Namespace> = {}): Namespace[] =>
  Array.from({ length }, (_, index) => makeNamespace('pid', 1000 + index, { owner: 1, ...more }));

describe('hundreds of rows below one', () => {
  it('are all there, whether they run or not', () => {
    assert.deepEqual(outline(build([...running(150), ...stopped(100)])), ['docker 250', '  250 rows']);
  });

  it('have those that do not run in a group of their own where there are more', () => {
    const nodes = build([...running(150), ...stopped(101)]);
    assert.deepEqual(outline(nodes), ['docker 251', '  150 rows', '  Stopped 101', '    101 rows']);
    const [group] = flat(nodes).filter(({ label }) => label === 'Stopped');
    assert.equal(group?.spoken, 'Stopped, 101 containers');
    assert.doesNotMatch(group.contextValue, /\bstopped\b/, 'it is offered what is for a container');
  });

  it('are in parts where there are still more, each of which says what is in it', () => {
    const nodes = build([...running(550), ...stopped(300)]);
    assert.deepEqual(outline(nodes), [
      'docker 850',
      '  1–250 web-0000 … web-0249',
      '    250 rows',
      '  251–500 web-0250 … web-0499',
      '    250 rows',
      '  501–550 web-0500 … web-0549',
      '    50 rows',
      '  Stopped 300',
      '    1–250 old-0000 … old-0249',
      '      250 rows',
      '    251–300 old-0250 … old-0299',
      '      50 rows',
    ]);
    const parts = flat(nodes).filter(({ contextValue }) => contextValue === 'part');
    assert.equal(parts[0]?.spoken, 'rows 1–250, web-0000 … web-0249');
    assert.equal(parts[0].tooltip, '1–250\nweb-0000 … web-0249');
    const ids = flat(nodes).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'an id is there twice');
  });

  it('are so in each arrangement', () => {
    const containers = running(251).map((container, index) =>
      index === 0 ? container : { ...container, composeProject: 'shop' },
    );
    assert.deepEqual(outline(build(running(251), { groupBy: 'none' })), [
      '1–250 web-0000 … web-0249',
      '  250 rows',
      '251 web-0250',
      '  1 rows',
    ]);
    assert.deepEqual(outline(build(containers, { groupBy: 'project' })), ['1 rows', 'shop 250', '  250 rows']);
  });

  it('have ids by which the way to them is found, and that nobody else’s row can have', () => {
    const shop = running(251).map((container) => ({ ...container, composeProject: 'shop' }));
    const liar = makeContainer('liar', {}, { composeProject: 'shop/part/0' });
    const nodes = build([...shop, liar]);
    const ids = flat(nodes).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'an id is there twice');
    const groupsBelow = (node: TreeNode): TreeNode[] => node.children.filter(({ kind }) => kind === 'group');
    const [project] = nodes.flatMap(groupsBelow);
    assert.ok(project);
    assert.deepEqual(
      groupsBelow(project).map(({ id }) => id),
      [`${project.id}/part/0`, `${project.id}/part/250`],
    );
  });

  it('are not made before somebody opens their part', () => {
    const nodes = atOnce(buildNodes(snapshotOf(...running(500)), USUAL_ARRANGEMENT));
    const [, second] = nodes[0]?.children ?? [];
    assert.ok(second?.kind === 'group');
    const work = second.makeChildren();
    for (let steps = 0; steps < 100; steps++) assert.equal(work.next().done, false, 'they are made in slices');
    atOnce(work);
    assert.equal(second.children.length, 250);
  });

  it('are in parts among the namespaces of a type too, and below the namespace that is above them', () => {
    const rows = (all: readonly Namespace[]): string[] =>
      outline(atOnce(buildNamespaceNodes({ containers: [], namespaces: all, notes: [] })));
    assert.deepEqual(rows(namespaces(251)), [
      'pid 251',
      '  1–250 pid:[1000] … pid:[1249]',
      '    250 rows',
      '  251 pid:[1250]',
      '    1 rows',
    ]);
    const host = makeNamespace('pid', 1, { host: true });
    const [group] = atOnce(
      buildNamespaceNodes({ containers: [], namespaces: [host, ...namespaces(251, { parent: 1 })], notes: [] }),
    );
    const [above] = group?.children ?? [];
    assert.equal(above?.description, 'host');
    assert.deepEqual(
      above.children.map(({ label, description }) => `${label} ${description}`),
      ['1–250 pid:[1000] … pid:[1249]', '251 pid:[1250]'],
    );
    const [first] = above.children[0]?.children ?? [];
    assert.equal(first?.label, 'pid:[1000]');
  });

  it('are in parts among the containers in a namespace too', () => {
    const containers = running(251);
    const shared = makeNamespace('net', 1000, { containerKeys: containers.map(({ key }) => key) });
    const [group] = atOnce(buildNamespaceNodes({ containers, namespaces: [shared], notes: [] }));
    assert.deepEqual(outline(group?.children[0]?.children ?? []), [
      '1–250 web-0000 … web-0249',
      '  250 rows',
      '251 web-0250',
      '  1 rows',
    ]);
  });
});
