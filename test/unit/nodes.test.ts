// The tree's nodes: what is a container's child, what it says, and what may be done with it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Container } from '../../extension/model/container';
import { atOnce } from '../../extension/shared/slices';
import { USUAL_ARRANGEMENT, type Arrangement } from '../../extension/tree/arrangement';
import { buildNodes, type MadeRows } from '../../extension/tree/nodes';
import { processGroup } from '../../extension/tree/processNodes';
import type { ContainerNode, NamespaceNode, TreeNode } from '../../extension/tree/rows';
import type { ScannedProcess } from '../../helper/protocol';
import { makeContainer, snapshotOf } from './containerFixture';

const flat = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap((node) => [node, ...flat(node.children)]);
const outline = (nodes: readonly TreeNode[]): string[] =>
  nodes.flatMap((node) =>
    node.kind === 'namespace' ? [] : [node.label, ...outline(node.children).map((line) => `  ${line}`)],
  );
const containerNode = (container: Container): ContainerNode => {
  const node = flat(atOnce(buildNodes(snapshotOf(container)))).find(({ kind }) => kind === 'container');
  assert.ok(node?.kind === 'container');
  return node;
};
const namespaceNode = (container: Container, type: string): NamespaceNode => {
  const node = containerNode(container).children.find(({ label }) => label === type);
  assert.ok(node?.kind === 'namespace');
  return node;
};
const arranged = (change: Partial<Arrangement>, ...containers: Container[]): string[] =>
  outline(atOnce(buildNodes(snapshotOf(...containers), { ...USUAL_ARRANGEMENT, ...change })));

describe('the tree', () => {
  it('groups by engine and compose project, in the order that things were found', () => {
    const nodes = atOnce(
      buildNodes(
        snapshotOf(
          makeContainer('single', {}),
          makeContainer('shop-web-1', {}, { composeProject: 'shop' }),
          makeContainer('box', {}, { engine: 'sandbox' }),
          makeContainer('shop-db-1', {}, { composeProject: 'shop' }),
          makeContainer('blog-web-1', {}, { composeProject: 'blog' }),
        ),
      ),
    );
    assert.deepEqual(outline(nodes), [
      'docker',
      '  shop',
      '    shop-web-1',
      '    shop-db-1',
      '  blog',
      '    blog-web-1',
      '  single',
      'sandbox',
      '  box',
    ]);
  });

  it('can be grouped by project or pod, or not at all, and sorted by process', () => {
    const containers = [
      makeContainer('web', {}, { composeProject: 'shop', pid: 30 }),
      makeContainer('api', {}, { engine: 'kubernetes', pod: 'api-1', pid: 10 }),
      makeContainer('box', {}, { engine: 'sandbox', pid: 20 }),
    ];
    assert.deepEqual(arranged({ groupBy: 'project' }, ...containers), ['shop', '  web', 'api-1', '  api', 'box']);
    assert.deepEqual(arranged({ groupBy: 'none', sortBy: 'pid' }, ...containers), ['api', 'box', 'web']);
  });

  it('can be filtered by anything that a person reads of a container', () => {
    const containers = [
      makeContainer('web', {}, { image: 'NGINX:1', pid: 10 }),
      makeContainer('api', {}, { composeProject: 'shop', pid: 20 }),
    ];
    const filtered = (filter: string): string[] => arranged({ groupBy: 'none', filter }, ...containers);
    assert.deepEqual(filtered(' nginx '), ['web']);
    assert.deepEqual(filtered('SHOP'), ['api']);
    assert.deepEqual(filtered('20'), ['api']);
    assert.deepEqual(filtered('docker'), ['web', 'api']);
    assert.deepEqual(filtered(''), ['web', 'api']);
    assert.deepEqual(filtered('nothing has this'), []);
  });

  it('lists a container’s processes below a row with their number', () => {
    const processes = [
      { pid: 500, parent: 1, nsPids: [500, 1], uid: 100000, insideUid: 0, command: 'nginx: master\n' },
      { pid: 501, parent: 500, nsPids: [501], uid: 5, insideUid: 5, command: 'x' },
    ];
    const group = containerNode(makeContainer('web', { net: 1 }, { processes })).children.find(
      ({ contextValue }) => contextValue === 'processes',
    );
    assert.ok(group);
    assert.deepEqual([group.label, group.description], ['Processes', '2']);
    const [first, ...others] = group.children;
    assert.deepEqual(
      [first?.label, first?.description],
      ['nginx: master ', 'pid 500, inside 1 · user 100000, inside 0'],
    );
    assert.deepEqual(others, []);
    assert.deepEqual(
      first?.children.map(({ label, description }) => [label, description]),
      [['x', 'pid 501 · user 5']],
    );
  });

  it('lists each process below its parent once, also where parents go round in a circle', () => {
    const process = (pid: number, parent: number): ScannedProcess => ({
      pid,
      parent,
      nsPids: [pid],
      uid: 0,
      insideUid: 0,
      command: 'x',
    });
    const pairs = fc.uniqueArray(fc.record({ pid: fc.integer({ min: 1, max: 9 }), parent: fc.nat({ max: 9 }) }), {
      selector: ({ pid }) => pid,
    });
    fc.assert(
      fc.property(pairs, (entries) => {
        const processes = entries.map(({ pid, parent }) => process(pid, parent));
        const shown = flat(processGroup(makeContainer('web', {}, { processes }))).flatMap((node) =>
          node.kind === 'process' ? [node] : [],
        );
        assert.deepEqual(shown.map(({ pid }) => pid).sort(), entries.map(({ pid }) => pid).sort());
        for (const node of shown) {
          for (const child of node.children) {
            assert.ok(child.kind === 'process' && entries.some((e) => e.pid === child.pid && e.parent === node.pid));
          }
        }
      }),
    );
  });

  describe('of an engine in a container', () => {
    const outer = makeContainer('outer', { net: 1 }, { id: 'a', engine: 'lxc' });
    const inner = makeContainer('inner', { net: 2 }, { id: 'b', parentKey: outer.key });
    const rows = (...containers: Container[]): TreeNode[] =>
      atOnce(buildNodes(snapshotOf(...containers), { ...USUAL_ARRANGEMENT, groupBy: 'none' }));

    it('lie below it, with the same ids as elsewhere', () => {
      const [row, ...others] = rows(outer, inner);
      assert.deepEqual(others, []);
      assert.match(row?.description ?? '', /1 container inside/);
      const group = row?.children.find(({ contextValue }) => contextValue === 'containers');
      assert.deepEqual(
        group?.children.map(({ id, label }) => [id, label]),
        [[inner.key, 'inner']],
      );
    });

    it('lie at the top where the outer one is not shown, or is only where a rootless engine runs', () => {
      assert.deepEqual(
        rows(inner).map(({ id }) => id),
        [inner.key],
      );
      assert.equal(rows({ ...outer, id: null }, inner).length, 2);
    });

    it('are never lost, whoever lies in whom', () => {
      const keys = ['a', 'b', 'c', 'd'];
      const parents = fc.array(fc.option(fc.constantFrom(...keys)), { minLength: 4, maxLength: 4 });
      fc.assert(
        fc.property(parents, (parentKeys) => {
          const containers = keys.map((key, at) =>
            makeContainer(key, { net: at }, { key, id: key, parentKey: parentKeys[at] ?? null }),
          );
          const shown = flat(rows(...containers)).flatMap((node) => (node.kind === 'container' ? [node.id] : []));
          assert.deepEqual(shown.sort(), keys);
        }),
      );
    });

    it('are drawn anew below it where they change', () => {
      const made: MadeRows = new WeakMap();
      const row = (...containers: Container[]): TreeNode | undefined =>
        atOnce(buildNodes(snapshotOf(...containers), { ...USUAL_ARRANGEMENT, groupBy: 'none' }, undefined, made))[0];
      assert.equal(row(outer, inner), row(outer, inner));
      assert.notEqual(row(outer, inner), row(outer, { ...inner, state: 'paused' }));
    });
  });

  it('has nothing to enter of a container that is stopped', () => {
    const node = containerNode(makeContainer('old', {}, { state: 'exited', pid: 0, startTime: null, image: 'nginx' }));
    assert.deepEqual([node.contextValue, node.description, node.children], ['stopped', 'nginx · exited', []]);
    const identified = containerNode(makeContainer('old', {}, { state: 'exited', pid: 0, id: 'abc' }));
    assert.equal(identified.contextValue, 'stopped identified');
  });

  it('says to a screen reader what a row is, and whose', () => {
    const node = containerNode(makeContainer('web', { net: 7 }, { image: 'nginx', rootless: true, user: 'dev' }));
    assert.equal(node.spoken, 'container, web, nginx · rootless, dev, docker');
    assert.equal(namespaceNode(node.container, 'net').spoken, 'network, net:[7], of web');
  });

  it('says to a screen reader what a group is of, and how many are in it', () => {
    const spoken = (...containers: Container[]): string[] =>
      flat(atOnce(buildNodes(snapshotOf(...containers)))).flatMap((node) =>
        node.kind === 'group' ? [node.spoken] : [],
      );
    const process = { pid: 7, parent: 1, nsPids: [7], uid: 0, insideUid: 0, command: 'x' };
    assert.deepEqual(
      spoken(
        makeContainer('web', { net: 1 }, { composeProject: 'shop', processes: [process] }),
        makeContainer('api', { net: 2 }, { pod: 'front' }),
      ),
      ['engine docker, 2 containers', 'compose project shop, 1 container', '1 process', 'pod front, 1 container'],
    );
  });

  it('of nothing is nothing', () => {
    assert.deepEqual(atOnce(buildNodes(snapshotOf())), []);
  });

  it('gives a container all eight types as children, those first that people enter most', () => {
    const { children } = containerNode(makeContainer('web', { net: 1 }));
    assert.deepEqual(
      children.flatMap(({ kind, label }) => (kind === 'namespace' ? [label] : [])),
      ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'],
    );
  });

  const shared = makeContainer('web', { net: 4026532280 });
  const withShared = {
    ...shared,
    namespaces: shared.namespaces.map((each) =>
      each.type === 'net' ? { ...each, sharedWith: ['api', 'sidecar'] } : each,
    ),
  };
  const missing = makeContainer('old', { net: 1 });
  const withMissing = {
    ...missing,
    namespaces: missing.namespaces.map((each) => (each.type === 'time' ? { ...each, inode: null } : each)),
  };
  const SAYS: [string, NamespaceNode, string, RegExp][] = [
    ['its own', namespaceNode(shared, 'net'), 'net:[4026532280]', /^namespace net joinable$/],
    ['the machine’s', namespaceNode(shared, 'uts'), 'uts:[4026531833] · host', /^namespace uts host$/],
    [
      'shared',
      namespaceNode(withShared, 'net'),
      'net:[4026532280] · shared with api, sidecar',
      /^namespace net joinable$/,
    ],
    [
      'one that may not be read',
      namespaceNode(makeContainer('x', { net: null }), 'net'),
      'locked — only root may read it',
      /^namespace net locked joinable$/,
    ],
    [
      'one that root may not read either',
      namespaceNode(makeContainer('x', { net: null }, { lockedForRoot: true }), 'net'),
      'locked — not even root may read it',
      /^namespace net locked joinable$/,
    ],
    [
      'one of a process that is not to be seen',
      namespaceNode(makeContainer('x', { net: null }, { startTime: null }), 'net'),
      'locked — its process is not visible on this machine',
      /^namespace net locked joinable$/,
    ],
    [
      'one that the kernel does not have',
      namespaceNode(withMissing, 'time'),
      'not in this kernel',
      /^namespace time host$/,
    ],
  ];
  for (const [what, node, description, context] of SAYS) {
    it(`says of a namespace: ${what}`, () => {
      // A row has no room for why it is locked; the tooltip and a screen reader say it.
      assert.equal(node.description, description.replace(/^locked — .*/, 'locked'));
      assert.match(node.contextValue, context);
      assert.ok(node.tooltip.includes(description));
      assert.ok(node.spoken.includes(description));
    });
  }

  it('says of a container what it is of, and all of it in the tooltip', () => {
    const more = { image: 'nginx:1', id: 'abc', composeProject: 'shop', composeService: 'web', pid: 7, uid: 1000 };
    const node = containerNode(makeContainer('shop-web-1', { net: 1 }, more));
    assert.equal(node.description, 'nginx:1');
    for (const part of [
      'shop-web-1 (docker)',
      'id: abc',
      'image: nginx:1',
      'compose project: shop',
      'compose service: web',
      'pid: 7',
      'uid: 1000',
    ])
      assert.ok(node.tooltip.split('\n').includes(part), part);
    assert.equal(containerNode(makeContainer('bare', {}, { pid: 8 })).description, 'pid 8');
  });

  it('says the addresses of a network that is open, and how many processes there are', () => {
    const process = { pid: 7, parent: 1, nsPids: [7], uid: 0, insideUid: 0, command: 'x' };
    const container = makeContainer('web', { net: 1, pid: null }, { processes: [process] });
    const rows = (addresses: ReadonlyMap<string, string[]>): readonly TreeNode[] => {
      const read = { ports: new Map(), addresses };
      const nodes = atOnce(buildNodes(snapshotOf(container), { ...USUAL_ARRANGEMENT, groupBy: 'none' }, read));
      return nodes[0]?.children ?? [];
    };
    const says = (found: readonly TreeNode[], type: string): string | undefined =>
      found.find(({ label }) => label === type)?.description;
    const read = rows(new Map([[container.key, ['172.18.0.3', 'fd00::3']]]));
    assert.equal(says(read, 'net'), 'net:[1] · 172.18.0.3, fd00::3');
    assert.equal(says(read, 'pid'), 'locked · 1 process');
    assert.equal(says(read, 'uts'), 'uts:[4026531833] · host');
    const unread = rows(new Map());
    assert.equal(says(unread, 'net'), 'net:[1]');
    assert.deepEqual(
      read.map(({ id }) => id),
      unread.map(({ id }) => id),
    );
  });

  it('keeps a node’s id when all but the container’s key changes', () => {
    const one = makeContainer('a', { net: 1 }, { key: 'docker:k' });
    const two = makeContainer('renamed', { net: null }, { key: 'docker:k', pid: 1, image: 'x' });
    const ids = (container: Container): string[] => flat([containerNode(container)]).map(({ id }) => id);
    assert.deepEqual(ids(one), ids(two));
  });

  it('has another id for a namespace that turns out to be the machine’s: VS Code would leave its checkbox there', () => {
    const ids = [makeContainer('a', { net: null }), makeContainer('a', {})].map(
      (each) => namespaceNode(each, 'net').id,
    );
    assert.notEqual(ids[0], ids[1]);
  });

  it('shows strangers’ text on one line, without controls, icons or ends; and no id twice', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('$(trash)', '\u001b[2J', '\u202ebad', 'a\nb', 'x'.repeat(9999)),
    );
    const container = fc.record({
      name: text,
      engine: text,
      image: fc.option(text),
      composeProject: fc.option(text),
      composeService: fc.option(text),
      pod: fc.option(text),
      user: fc.option(text),
      state: text,
      rootless: fc.boolean(),
      other: text,
    });
    fc.assert(
      fc.property(fc.array(container, { maxLength: 6 }), (list) => {
        const containers = list.map(({ name, other, ...more }, index): Container => {
          const processes = [{ pid: 5, parent: 1, nsPids: [], uid: 0, insideUid: null, command: other }];
          const made = makeContainer(name, { net: 1 }, { ...more, processes, key: `docker:${index}` });
          return { ...made, namespaces: made.namespaces.map((each) => ({ ...each, sharedWith: [other] })) };
        });
        const nodes = flat(atOnce(buildNodes(snapshotOf(...containers))));
        for (const { label, description, tooltip, spoken } of nodes) {
          for (const shown of [label, description, spoken])
            assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]|\$\(/u);
          assert.doesNotMatch(tooltip.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e]|\$\(/u);
          assert.ok(label.length + description.length < 400);
        }
        const ids = nodes.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length, ids.join('\n'));
      }),
    );
  });

  it('has context values that the manifest’s menus find', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      contributes: { menus: { 'view/item/context': { command: string; when: string }[] } };
    };
    const open = (contextValue: string): string[] =>
      manifest.contributes.menus['view/item/context']
        .filter(({ when }) =>
          [...when.matchAll(/viewItem =~ \/(.+?)\/(?= |$)/g)].every(([, pattern]) =>
            new RegExp(pattern ?? '').test(contextValue),
          ),
        )
        .map(({ command }) => command.replace('namespaces.', ''));
    const node = containerNode(makeContainer('web', { net: 1, mnt: 2 }));
    assert.ok(open(node.contextValue).includes('terminal.openContainer'));
    assert.ok(open(node.contextValue).includes('terminal.openNetwork'));
    const byType = (type: string): string[] =>
      open(node.children.find(({ label }) => label === type)?.contextValue ?? '');
    assert.ok(byType('net').includes('terminal.openNetwork'));
    assert.ok(byType('mnt').includes('terminal.openNamespace') && !byType('mnt').includes('terminal.openNetwork'));
    // The machine's own: nothing to open.
    assert.deepEqual(
      byType('user').filter((command) => command.startsWith('terminal.')),
      [],
    );
  });
});
