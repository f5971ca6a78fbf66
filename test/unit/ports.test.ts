// Listening ports: read from /proc of a living process, as rows of the tree, and looked at only while their row is open.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type Port, type Ports, reachedAt, readPorts } from '../../extension/inspect/ports';
import { readStartTime } from '../../extension/inspect/startTime';
import type { Container } from '../../extension/model/container';
import { portsNodes } from '../../extension/tree/portNodes';
import type { PortsNode } from '../../extension/tree/rows';
import { WhileOpen } from '../../extension/tree/whileOpen';
import { makeContainer } from './containerFixture';

const nginx = { pid: 4242, parent: 1, nsPids: [4242, 1], uid: 101, insideUid: 101, command: 'nginx: master' };
const port = (more: Partial<Port> = {}): Port => ({
  protocol: 'tcp',
  address: '0.0.0.0',
  port: 80,
  uid: 101,
  inode: 51,
  reachedAt: '172.17.0.2:80',
  process: null,
  ...more,
});
const web = makeContainer('web', { net: 1 });
const row = (known: Ports | null | undefined, container: Container = web): PortsNode => {
  const [node] = portsNodes(container, known);
  assert.ok(node);
  return node;
};

describe('listening ports', () => {
  it('of a living process are there, with that process', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port: number } = server.address() as AddressInfo;
      const self = { ...nginx, pid: process.pid };
      const startTime = await readStartTime(process.pid);
      const found = await readPorts({ pid: process.pid, startTime, details: { labels: {}, processes: [self] } });
      assert.ok('ports' in found);
      const own = found.ports.find((each) => each.port === number);
      assert.deepEqual(
        [own?.protocol, own?.address, own?.reachedAt, own?.process],
        ['tcp', '127.0.0.1', `127.0.0.1:${number}`, self],
      );
      const numbers = found.ports.map((each) => each.port);
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const details = { labels: {}, processes: [] };

  it('of a process that is not there could not be read', async () => {
    // Above the highest pid that Linux gives (PID_MAX_LIMIT).
    assert.deepEqual(await readPorts({ pid: 4194305, startTime: 1, details }), { unread: 'ENOENT' });
  });

  it('are not read by a pid that /proc does not show as the container’s, nor of who has the pid now', async () => {
    const { pid } = process;
    assert.deepEqual(await readPorts({ pid, startTime: null, details }), { unread: 'ESRCH' });
    assert.deepEqual(await readPorts({ pid, startTime: 1, details }), { unread: 'ESRCH' });
    const elsewhere = makeContainer('elsewhere', { net: null }, { pid, startTime: null });
    assert.match(row(null, elsewhere).children[0]?.tooltip ?? '', /^locked — its process is not visible/);
  });

  it('are reached at an address of the network where they listen everywhere', () => {
    const addresses = ['172.17.0.2', 'fd00::2'];
    assert.equal(reachedAt({ address: '0.0.0.0', port: 80 }, addresses), '172.17.0.2:80');
    assert.equal(reachedAt({ address: '::', port: 80 }, addresses), '[fd00::2]:80');
    assert.equal(reachedAt({ address: '::', port: 80 }, ['172.17.0.2']), '172.17.0.2:80');
    assert.equal(reachedAt({ address: '0.0.0.0', port: 80 }, ['fd00::2']), '127.0.0.1:80');
    assert.equal(reachedAt({ address: '::', port: 80 }, []), '[::1]:80');
    assert.equal(reachedAt({ address: '127.0.0.11', port: 53 }, addresses), '127.0.0.11:53');
  });

  it('have a row each, with protocol, address, and program or user', () => {
    const ports = [port(), port({ port: 9000, protocol: 'tcp6', address: '::', inode: 52, process: nginx })];
    const node = row({ ports });
    assert.deepEqual([node.label, node.description], ['Listening Ports', '2']);
    assert.deepEqual(
      node.children.map(({ label, description, contextValue }) => [label, description, contextValue]),
      [
        ['80', 'tcp 0.0.0.0', 'port'],
        ['9000', 'tcp6 :: · nginx: master', 'port'],
      ],
    );
    assert.equal(node.children[0]?.tooltip, 'tcp, reached at 172.17.0.2:80\nuser 101');
    assert.match(node.children[1]?.tooltip ?? '', /nginx: master\npid 4242$/);
    assert.equal(node.children[0].spoken, 'port 80, tcp 0.0.0.0, of web');
  });

  const INSTEAD: [string, Ports | null | undefined, Container, string][] = [
    ['before they are looked at', undefined, web, 'looking…'],
    ['while they are looked at', null, web, 'looking…'],
    ['where there are none', { ports: [] }, web, 'nothing listens in this network'],
    ['where only root may', { unread: 'EACCES' }, web, 'locked — only root may read them (EACCES)'],
    ['where the process has ended', { unread: 'ENOENT' }, web, 'its process has ended'],
    [
      'where the process is not on this machine',
      undefined,
      makeContainer('far', { net: null }, { pid: 0, startTime: null }),
      'locked — its process is not visible on this machine',
    ],
  ];
  for (const [when, known, container, says] of INSTEAD) {
    it(`are one row that says why, ${when}`, () => {
      assert.deepEqual(
        row(known, container).children.map(({ label, tooltip, spoken, contextValue }) => [
          label,
          tooltip,
          spoken,
          contextValue,
        ]),
        [[says.startsWith('locked') ? 'locked' : says, says, says, 'note']],
      );
    });
  }

  it('are no container’s where it has the machine’s network', () => {
    assert.deepEqual(portsNodes(makeContainer('web', { mnt: 2 }), undefined), []);
  });

  it('show strangers’ text as text, however many there are, and no id twice', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, fc.array(fc.nat(9), { maxLength: 400 }), (command, inodes) => {
        const ports = [...new Set(inodes)].map((inode) => port({ inode, process: { ...nginx, command } }));
        const nodes = row({ ports }).children;
        for (const { label, description, spoken } of nodes)
          for (const shown of [label, description, spoken]) assert.doesNotMatch(shown, /[\p{Cc}\u202a-\u202e]|\$\(/u);
        assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
      }),
    );
    assert.equal(row({ ports: Array.from({ length: 900 }, (_, inode) => port({ inode })) }).children.length, 200);
  });
});

describe('rows of ports that are open', () => {
  /** Answers are given by the test, in any order. */
  function setUp(): { open: WhileOpen<Container, Ports>; answers: ((ports: Ports) => void)[]; changes: () => number } {
    const answers: ((ports: Ports) => void)[] = [];
    let changes = 0;
    const open = new WhileOpen<Container, Ports>(
      ({ key }) => key,
      () => new Promise((resolve) => answers.push(resolve)),
      () => (changes += 1),
    );
    return { open, answers, changes: () => changes };
  }
  const turn = (): Promise<void> => new Promise(setImmediate);

  it('are looked at once when opened, and again on a refresh; unchanged they are not drawn anew', async () => {
    const { open, answers, changes } = setUp();
    assert.equal(answers.length, 0);
    void open.open(web);
    void open.open(web);
    const opened = open.open(web);
    assert.equal(answers.length, 1);
    answers[0]?.({ ports: [port()] });
    await opened;
    assert.deepEqual([changes(), open.known.get(web.key)], [1, { ports: [port()] }]);
    void open.refresh([web]);
    answers[1]?.({ ports: [port()] });
    await turn();
    assert.equal(changes(), 1);
  });

  it('keep what was asked for last, whichever answer comes last', async () => {
    const { open, answers } = setUp();
    void open.open(web);
    void open.refresh([web]);
    answers[1]?.({ ports: [port({ port: 2 })] });
    await turn();
    answers[0]?.({ ports: [port({ port: 1 })] });
    await turn();
    assert.deepEqual(open.known.get(web.key), { ports: [port({ port: 2 })] });
  });

  it('are forgotten when closed, and when their container is gone', async () => {
    const { open, answers, changes } = setUp();
    void open.open(web);
    open.close(web);
    answers[0]?.({ ports: [] });
    await turn();
    assert.deepEqual([changes(), open.known.size], [0, 0]);
    void open.open(web);
    await open.refresh([]);
    assert.equal(open.known.size, 0);
    assert.equal(answers.length, 2);
  });
});
