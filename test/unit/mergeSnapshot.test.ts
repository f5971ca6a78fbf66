// Engines' containers and those of /proc become one picture, with nothing twice and nothing mixed up.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EngineContainer } from '../../extension/discover/engines/engine';
import { mergeSnapshot } from '../../extension/discover/merge';
import type { Container, NamespaceRef, Snapshot } from '../../extension/model/container';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type {
  NamespaceInodes,
  ScanDocument,
  ScannedContainer,
  ScannedNamespace,
  ScannedProcess,
} from '../../helper/protocol';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import { HOST } from '../fixtures/proc/tree';

const ID = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

function known(pid: number | null, change: Partial<EngineContainer> = {}): EngineContainer {
  const common = {
    engine: 'docker',
    id: ID,
    name: 'web',
    image: 'nginx',
    state: 'running',
    labels: {},
    pod: null,
    composeProject: null,
    composeService: null,
  };
  return { ...common, pid, ...change };
}
function merge(containers: ScannedContainer[], engine: EngineContainer[] = [], host: NamespaceInodes = HOST): Snapshot {
  return mergeSnapshot(scanDocument({ host, containers }), engine);
}
const namespace = (container: Container | undefined, type: NamespaceName): NamespaceRef | undefined =>
  container?.namespaces.find((candidate) => candidate.type === type);
const pairs = ({ containers }: Snapshot): [string, number][] => containers.map(({ name, pid }) => [name, pid]);

describe('merge: the engines’ containers with those of /proc', () => {
  it('knows the state by the engine, but that a process is there by /proc', () => {
    const states = (engine: string, state: 'running' | 'paused' | null): string | undefined =>
      merge(state === null ? [] : [scanned(20, { engine: 'docker', id: ID, state })], [known(20, { state: engine })])
        .containers[0]?.state;
    assert.equal(states('paused', 'running'), 'paused');
    assert.equal(states('running', 'paused'), 'running');
    assert.equal(states('exited', 'running'), 'running');
    assert.equal(states('exited', null), 'exited');
  });

  it('takes inodes and identity from /proc, names and labels from the engine', () => {
    const labels = { tier: 'x' };
    const engine = known(20, { labels, composeProject: 'shop', composeService: 'front' });
    const { containers, notes } = merge(
      [scanned(20, { engine: 'docker', id: ID, uid: 1000, user: 'dev', rootless: true })],
      [engine],
    );
    assert.deepEqual(notes, []);
    assert.deepEqual(containers, [
      {
        key: `docker:${ID}`,
        engine: 'docker',
        name: 'web',
        id: ID,
        engineNamespace: null,
        state: 'running',
        image: 'nginx',
        pod: null,
        composeProject: 'shop',
        composeService: 'front',
        pid: 20,
        startTime: 200,
        uid: 1000,
        user: 'dev',
        rootless: true,
        namespaces: NAMESPACE_NAMES.map((type) => ({
          type,
          inode: type === 'net' ? 1020 : HOST[type],
          host: type !== 'net',
          sharedWith: [],
        })),
        details: { labels, processes: [] },
        lockedForRoot: false,
        parentKey: null,
      },
    ]);
  });

  it('matches by a pid in the group whose cgroup has the id', () => {
    assert.deepEqual(pairs(merge([scanned(20, { id: ID, pids: [20, 21] }), scanned(30)], [known(21)])), [
      ['web', 20],
      ['s30', 30],
    ]);
  });

  it('matches by the first pid where /proc has no id', () => {
    assert.deepEqual(pairs(merge([scanned(20)], [known(20)])), [['web', 20]]);
  });

  it('matches by id alone where the engine’s pid is another or none', () => {
    assert.deepEqual(pairs(merge([scanned(20, { id: ID })], [known(7)])), [['web', 20]]);
    assert.deepEqual(pairs(merge([scanned(20, { id: ID })], [known(null)])), [['web', 20]]);
  });

  it('does not let a process take a container’s place by the name of its cgroup', () => {
    const forged = scanned(10, { engine: 'docker', name: 'forged', id: ID });
    const real = scanned(20, { engine: 'docker', id: ID });
    const { containers } = merge([forged, real], [known(20)]);
    assert.deepEqual(
      containers.map(({ key, name, pid }) => [key, name, pid]),
      [
        ['docker:10@100', 'forged', 10],
        [`docker:${ID}`, 'web', 20],
      ],
    );
    // The engine's pid is not to be seen: then neither of the two may be it.
    assert.deepEqual(
      merge([forged, real], [known(7)])
        .containers.filter(({ name }) => name === 'web')
        .map(({ startTime }) => startTime),
      [null],
    );
  });

  it('does not take for a container what only has its pid', () => {
    const elsewhere = merge([scanned(20, { id: OTHER })], [known(20)]).containers;
    assert.deepEqual(
      elsewhere.map(({ name, startTime }) => [name, startTime]),
      [
        ['web', null],
        ['s20', 200],
      ],
    );
    const notTheFirst = merge([scanned(30, { pids: [30, 31] })], [known(31)]).containers;
    assert.deepEqual(
      notTheFirst.map(({ name, startTime }) => [name, startTime]),
      [
        ['web', null],
        ['s30', 300],
      ],
    );
  });

  it('keeps what the engine knows and /proc does not show, all of it locked', () => {
    const [container] = merge([], [known(20)]).containers;
    assert.equal(container?.key, `docker:${ID}`);
    assert.equal(container.pid, 20);
    assert.equal(container.startTime, null);
    assert.deepEqual(
      container.namespaces,
      NAMESPACE_NAMES.map((type) => ({ type, inode: null, host: false, sharedWith: [] })),
    );
  });

  it('offers what does not run by the scan’s word, each under the key that it has while it runs', () => {
    const off = {
      engine: 'lxc',
      id: 'web',
      name: 'web',
      user: 'root',
      rootless: false,
      image: null,
      engineNamespace: null,
      labels: { project: 'x' },
      pod: null,
      composeProject: null,
      composeService: null,
    };
    const lxc = scanned(42, { engine: 'lxc', id: 'web', name: 'web' });
    const keys = (...sources: Parameters<typeof mergeSnapshot>): string[] =>
      mergeSnapshot(...sources).containers.map(({ key, state, pid }) => `${key} ${state} ${pid}`);
    assert.deepEqual(keys(scanDocument({ stopped: [off] }), []), ['lxc:web stopped 0']);
    assert.deepEqual(keys(scanDocument({ containers: [lxc] }), []), ['lxc:web running 42']);
    // A user's own of the same name; and what an engine lists is never taken for one of these.
    const own = { ...off, user: 'dev', rootless: true };
    assert.deepEqual(keys(scanDocument({ stopped: [off, own] }), [known(null, { id: 'web', state: 'exited' })]), [
      'docker:web exited 0',
      'lxc:web stopped 0',
      'lxc:web@dev stopped 0',
    ]);
    assert.deepEqual(keys(scanDocument({ containers: [lxc], stopped: [own] }), []), [
      'lxc:web@dev stopped 0',
      'lxc:web running 42',
    ]);
    // Of two containerd namespaces.
    const ctr = { engine: 'containerd', id: 'web', name: 'web' };
    const containers = [scanned(42, { ...ctr, engineNamespace: 'default' })];
    assert.deepEqual(keys(scanDocument({ containers, stopped: [{ ...off, ...ctr, engineNamespace: 'demo' }] }), []), [
      'containerd:demo/web stopped 0',
      'containerd:default/web running 42',
    ]);
    const before = mergeSnapshot(scanDocument({ stopped: [off] }), []);
    const [same] = mergeSnapshot(
      scanDocument({ stopped: [{ ...off, labels: { ...off.labels } }] }),
      [],
      before,
    ).containers;
    assert.equal(same, before.containers[0]);
  });

  it('takes from an engine’s files what does not run only where the engine itself tells nothing', () => {
    const off = (user: string, id: string): ScanDocument['stopped'][number] => ({
      engine: 'docker',
      id,
      name: `${user}-${id.slice(0, 1)}`,
      user,
      rootless: user !== 'root',
      image: null,
      engineNamespace: null,
      labels: {},
      pod: null,
      composeProject: null,
      composeService: null,
    });
    const THIRD = 'c'.repeat(64);
    const stopped = [off('root', ID), off('root', OTHER), off('dev', THIRD)];
    const states = (...sources: Parameters<typeof mergeSnapshot>): string[] =>
      mergeSnapshot(...sources).containers.map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(states(scanDocument({ stopped }), []), ['dev-c stopped', 'root-a stopped', 'root-b stopped']);
    // It lists one of root's, so what else root's files have is gone by now; of the other user's engine nobody has heard.
    const listed = known(null, { state: 'exited', name: 'web' });
    assert.deepEqual(states(scanDocument({ stopped }), [listed]), ['dev-c stopped', 'web exited']);
    const runs = scanned(20, { engine: 'docker', id: ID, user: 'root' });
    assert.deepEqual(states(scanDocument({ containers: [runs], stopped: stopped.slice(1) }), [known(20)]), [
      'dev-c stopped',
      'web running',
    ]);
  });

  it('keeps what the engine knows where the scan failed', () => {
    const [container] = mergeSnapshot(null, [known(20)]).containers;
    assert.equal(container?.name, 'web');
    assert.ok(container.namespaces.every(({ inode, host }) => inode === null && !host));
  });

  it('says of what is locked whether it is so for root', () => {
    const document = scanDocument({
      containers: [scanned(7, { locked: ['net'], namespaces: { ...HOST } }), scanned(8)],
    });
    const locked = (asRoot: boolean): boolean[] =>
      mergeSnapshot(document, [], undefined, asRoot).containers.map(({ lockedForRoot }) => lockedForRoot);
    assert.deepEqual(
      [locked(true), locked(false)],
      [
        [true, false],
        [false, false],
      ],
    );
  });

  it('leaves a locked type locked, and takes none for the host’s', () => {
    const [container] = merge([scanned(20, { namespaces: {}, locked: [...NAMESPACE_NAMES] })]).containers;
    assert.ok(container?.namespaces.every(({ inode, host }) => inode === null && !host));
  });

  it('says of a type that the kernel does not have that there is nothing to join', () => {
    const host = { net: HOST.net };
    const [container] = merge([scanned(20, { namespaces: { net: 5 } })], [], host).containers;
    assert.deepEqual(namespace(container, 'time'), { type: 'time', inode: null, host: true, sharedWith: [] });
    assert.deepEqual(namespace(container, 'net'), { type: 'net', inode: 5, host: false, sharedWith: [] });
  });

  it('has one object for the host’s own of a type, and one for what may not be read, in whichever containers', () => {
    const { containers } = merge([
      scanned(20, { namespaces: { ...HOST } }),
      scanned(30, { namespaces: { ...HOST, net: 5 } }),
      scanned(40, { namespaces: {}, locked: [...NAMESPACE_NAMES] }),
      scanned(50, { namespaces: { net: HOST.net }, locked: NAMESPACE_NAMES.filter((type) => type !== 'net') }),
    ]);
    const [hosts, ownNet, locked, hostsNet] = containers;
    for (const type of NAMESPACE_NAMES) {
      const isNet = type === 'net';
      assert.equal(namespace(hosts, type) === namespace(ownNet, type), !isNet, type);
      assert.equal(namespace(hostsNet, type), namespace(isNet ? hosts : locked, type), type);
    }
  });

  it('names the others in the same namespace by the engine’s names, but not for the host’s', () => {
    const shared = { namespaces: { ...HOST, net: 5 } };
    const { containers } = merge(
      [scanned(20, shared), scanned(30, shared), scanned(40, shared), scanned(50)],
      [known(30)],
    );
    const net = containers.map((container) => [container.name, namespace(container, 'net')?.sharedWith]);
    assert.deepEqual(net, [
      ['web', ['s20', 's40']],
      ['s20', ['s40', 'web']],
      ['s40', ['s20', 'web']],
      ['s50', []],
    ]);
    assert.ok(containers.every((container) => namespace(container, 'mnt')?.sharedWith.length === 0));
  });

  it('points to the container in which one lies', () => {
    const { containers } = merge(
      [scanned(20, { id: ID }), scanned(30, { parent: 20 }), scanned(40, { parent: 30 })],
      [known(20)],
    );
    assert.deepEqual(
      containers.map(({ parentKey }) => parentKey),
      [null, `docker:${ID}`, 'sandbox:30@300'],
    );
  });

  it('takes from the state on disk what no engine tells', () => {
    const onDisk = {
      engine: 'docker',
      id: ID,
      state: 'paused',
      image: 'nginx',
      labels: { tier: 'x' },
      pod: 'p',
      composeProject: 'shop',
      composeService: 'front',
    } as const;
    const [alone] = merge([scanned(20, onDisk)]).containers;
    const { labels, ...others } = onDisk;
    assert.deepEqual({ ...alone, ...others, details: { labels, processes: [] } }, alone);
    const [both] = merge([scanned(20, onDisk)], [known(20, { image: 'other', labels: {} })]).containers;
    assert.deepEqual([both?.image, both?.details.labels, both?.pod], ['other', {}, 'p']);
  });

  it('gives each container its processes, and each namespace its containers', () => {
    const process = (pid: number): ScannedProcess => {
      return { pid, parent: 1, nsPids: [pid], uid: 0, insideUid: 0, command: `c${pid}` };
    };
    const namespace = (inode: number, pids: number[]): ScannedNamespace => {
      return { type: 'net', inode, owner: HOST.user, parent: null, pids, heldBy: [] };
    };
    const snapshot = mergeSnapshot(
      scanDocument({
        containers: [
          scanned(20, { id: ID, pids: [20, 21], namespaces: { ...HOST, net: 5 } }),
          scanned(30, { namespaces: { ...HOST, net: 5 } }),
        ],
        processes: [process(20), process(21), process(30)],
        namespaces: [namespace(HOST.net, []), namespace(5, [20, 21, 30]), namespace(6, [])],
      }),
      [known(20)],
    );
    assert.deepEqual(
      snapshot.containers.map(({ name, details }) => [name, details.processes.map(({ pid }) => pid)]),
      [
        ['web', [20, 21]],
        ['s30', [30]],
      ],
    );
    assert.deepEqual(
      snapshot.namespaces.map(({ inode, host, containerKeys }) => [inode, host, containerKeys]),
      [
        [HOST.net, true, []],
        [5, false, [`docker:${ID}`, 'sandbox:30@300']],
        [6, false, []],
      ],
    );
  });

  it('keeps what did not change as the same objects', () => {
    const namespaces = [5, 6].map((inode): ScannedNamespace => {
      return { type: 'net', inode, owner: HOST.user, parent: null, pids: [], heldBy: [] };
    });
    const document = (...containers: ScannedContainer[]): ScanDocument => scanDocument({ containers, namespaces });
    const inNet = (pid: number, net: number): ScannedContainer => scanned(pid, { namespaces: { ...HOST, net } });
    const before = mergeSnapshot(document(inNet(20, 5), inNet(30, 6)), []);
    const after = mergeSnapshot(document(inNet(20, 5), inNet(30, 6), inNet(40, 6)), [], before);
    assert.deepEqual(
      after.containers.map(({ pid }, at) => [pid, after.containers[at] === before.containers[at]]),
      [
        [20, true],
        // Shares its network now.
        [30, false],
        [40, false],
      ],
    );
    assert.deepEqual(
      after.namespaces.map((each, at) => each === before.namespaces[at]),
      [true, false],
    );
    assert.deepEqual(after, mergeSnapshot(document(inNet(20, 5), inNet(30, 6), inNet(40, 6)), []));
  });

  it('keeps a namespace of which only its maps are others: they are not shown', () => {
    const bare: ScannedNamespace = {
      type: 'user',
      inode: 5,
      owner: HOST.user,
      parent: HOST.user,
      pids: [],
      heldBy: [],
    };
    const mapped = { ...bare, uidMap: [{ inside: 0, outside: 1000, count: 1 }] };
    const pictures: Snapshot[] = [];
    for (const each of [bare, mapped, { ...bare }])
      pictures.push(mergeSnapshot(scanDocument({ namespaces: [each] }), [], pictures.at(-1)));
    const namespaces = new Set(pictures.map((picture) => picture.namespaces[0]));
    assert.deepEqual([...namespaces], [{ ...bare, host: false, containerKeys: [] }]);
  });

  it('stays linear: a thousand containers in one network', () => {
    const many = Array.from({ length: 1000 }, (_, at) => scanned(at + 1, { namespaces: { ...HOST, net: 5 } }));
    const { containers } = merge(many);
    assert.ok(containers.every((container) => namespace(container, 'net')?.sharedWith.length === 999));
  });

  it('sorts by engine, compose project and name', () => {
    const docker = (pid: number, name: string, composeProject: string | null): EngineContainer =>
      known(pid, { id: String(pid).padStart(64, '0'), name, composeProject });
    const { containers } = merge(
      [scanned(9), scanned(1, { engine: 'lxc', name: 'b' }), scanned(2, { engine: 'lxc', name: 'B' })],
      [docker(5, 'z', null), docker(6, 'a', 'shop'), docker(7, 'b', null), docker(8, 'b', 'apps')],
    );
    assert.deepEqual(
      containers.map(({ engine, composeProject, name }) => `${engine}/${composeProject ?? ''}/${name}`),
      ['docker//b', 'docker//z', 'docker/apps/b', 'docker/shop/a', 'lxc//B', 'lxc//b', 'sandbox//s9'],
    );
  });

  it('loses nothing and makes nothing up, whatever is to be matched', () => {
    const id = fc.constantFrom(ID, OTHER, null);
    const pid = fc.integer({ min: 1, max: 6 });
    const groups = fc.uniqueArray(fc.record({ pid, id }), { selector: (group) => group.pid, maxLength: 6 });
    const engines = fc.uniqueArray(fc.record({ pid: fc.option(pid), id: fc.constantFrom(ID, OTHER) }), {
      selector: (entry) => entry.id,
    });
    fc.assert(
      fc.property(groups, engines, (inProc, inEngine) => {
        const { containers } = merge(
          inProc.map((entry) => scanned(entry.pid, { id: entry.id, engine: entry.id ? 'docker' : 'sandbox' })),
          inEngine.map((entry) => known(entry.pid, { id: entry.id, name: `name of ${entry.id}` })),
        );
        assert.equal(new Set(containers.map(({ key }) => key)).size, containers.length);
        const seen = containers.filter(({ startTime }) => startTime !== null);
        assert.deepEqual(seen.map((container) => container.pid).sort(), inProc.map((entry) => entry.pid).sort());
        for (const entry of inEngine) {
          const mine = containers.filter(({ key }) => key === `docker:${entry.id}`);
          assert.deepEqual(
            mine.map(({ name }) => name),
            [`name of ${entry.id}`],
          );
        }
      }),
    );
  });
});
