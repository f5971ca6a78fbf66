// The view of all namespaces: by type, as hierarchies where there are any, with who is in each.
import assert from 'node:assert/strict';
import type { Namespace } from '../../extension/model/container';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { atOnce } from '../../extension/shared/slices';
import { buildNamespaceNodes } from '../../extension/tree/namespaceNodes';
import type { TreeNode } from '../../extension/tree/rows';
import { makeContainer, makeNamespace } from './containerFixture';

const web = makeContainer('web', { net: 20, pid: 40 });
const api = makeContainer('api\u001b[2J', { net: 20 });
const made = (type: NamespaceName, inode: number, more: Partial<Namespace> = {}): Namespace =>
  makeNamespace(type, inode, { owner: 1, ...more });
const NAMESPACES = [
  made('net', 21, { heldBy: ['/run/netns/blue\n'] }),
  made('net', 20, { containerKeys: [web.key, api.key], pids: [5, 6] }),
  made('net', 10, { host: true, pids: [1] }),
  made('pid', 40, { parent: 30, containerKeys: [web.key] }),
  made('pid', 41, { parent: 40, pids: [7] }),
  made('pid', 30, { host: true }),
  made('user', 50, { parent: 999, owner: 999 }),
];
/** Without who is in them. */
const outline = (nodes: readonly TreeNode[]): string[] =>
  nodes
    .filter(({ kind }) => ['group', 'namespace', 'held'].includes(kind))
    .flatMap(({ label, description, children }) => [
      `${label} ${description}`,
      ...outline(children).map((line) => `  ${line}`),
    ]);
const nodes = atOnce(buildNamespaceNodes({ containers: [web, api], namespaces: NAMESPACES, notes: [] }));
const flat = (list: readonly TreeNode[]): TreeNode[] => list.flatMap((node) => [node, ...flat(node.children)]);
const of = (inode: number): TreeNode => {
  const found = flat(nodes).find(({ id }) => id.endsWith(`/${inode}`));
  assert.ok(found);
  return found;
};

describe('the view of all namespaces', () => {
  it('has each type with its namespaces, the machine’s own first, and children below their parents', () => {
    assert.deepEqual(outline(nodes), [
      'net 3',
      '  net:[10] host',
      '  net:[20] web, api\ufffd[2J',
      '  net:[21] /run/netns/blue ',
      'pid 3',
      '  pid:[30] host',
      '    pid:[40] web',
      '      pid:[41] 1 process',
      'user 1',
      '  user:[50] held by a child namespace',
    ]);
  });

  it('offers to enter those that a container is in, and to find it', () => {
    assert.equal(of(20).contextValue, 'listed namespace net joinable');
    assert.equal(of(10).contextValue, 'held namespace net host');
  });

  it('offers to enter those that a file holds, and says of others why not', () => {
    assert.equal(of(21).contextValue, 'held namespace net joinable');
    assert.doesNotMatch(of(21).tooltip, /cannot be entered/);
    assert.equal(of(50).contextValue, 'held namespace user closed');
    assert.match(of(50).tooltip, /^cannot be entered: no file and no container process leads into it$/m);
    assert.doesNotMatch(of(10).tooltip + of(20).tooltip, /cannot be entered/);
  });

  it('says in the tooltip who owns it and what holds it', () => {
    assert.deepEqual(of(21).tooltip.split('\n').slice(1), ['owner: user:[1]', 'held by: /run/netns/blue ']);
    assert.ok(of(41).tooltip.includes('parent: pid:[40]'));
    assert.ok(!of(50).tooltip.includes('owner'));
  });

  it('has below each namespace who is in it: containers with their engine, and processes once they are read', () => {
    const below = (known?: Parameters<typeof buildNamespaceNodes>[3]): TreeNode[] => {
      const rows = atOnce(
        buildNamespaceNodes({ containers: [web, api], namespaces: NAMESPACES, notes: [] }, undefined, undefined, known),
      );
      return [...(flat(rows).find(({ id }) => id === 'type/net/20')?.children ?? [])];
    };
    const text = ({ label, description, contextValue }: TreeNode): string[] => [label, description, contextValue];
    assert.deepEqual(below().map(text), [
      ['web', 'docker', 'member listed'],
      ['api\ufffd[2J', 'docker', 'member listed'],
      ['Processes', '2', 'members'],
    ]);
    assert.deepEqual(below().at(-1)?.children.map(text), [['looking…', '', 'note']]);
    const read = new Map([['type/net/20', [{ pid: 5, command: 'nginx: master\n' }]]]);
    assert.deepEqual(below(read).at(-1)?.children.map(text), [['nginx: master ', 'pid 5', 'process']]);
    assert.equal(below(read).at(-1)?.children[0]?.id, 'type/net/20/processes/5');
  });

  it('knows without making it whether anything is below a namespace', () => {
    for (const node of flat(nodes))
      if (node.kind === 'namespace' || node.kind === 'held')
        assert.equal(node.leaf, node.children.length === 0, node.id);
  });

  it('says to a screen reader what a type is for, and how many there are', () => {
    assert.deepEqual(
      nodes.map(({ spoken }) => spoken),
      ['network, 3 namespaces', 'processes, 3 namespaces', 'users, 1 namespace'],
    );
  });

  it('of nothing is nothing', () => {
    assert.deepEqual(atOnce(buildNamespaceNodes({ containers: [web], namespaces: [], notes: [] })), []);
  });
});
