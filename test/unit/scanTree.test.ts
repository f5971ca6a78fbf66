// A scan of trees of files that look like /proc, also broken ones.
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedContainer } from '../../helper/protocol';
import { Budget } from '../../helper/scan/budget';
import type { NamedNetwork } from '../../helper/scan/namedNetworks';
import { WatchMemory } from '../../helper/scan/memory';
import { scan } from '../../helper/scan/scan';
import { HOST, IMAGE_MOUNTS, makeProc, PRIVATE_MOUNTS, type FakeProcess, type FakeProc } from '../fixtures/proc/tree';

const ID = 'a'.repeat(64);

describe('scan: a proc tree', () => {
  const made: FakeProc[] = [];
  afterEach(() => {
    for (const proc of made.splice(0)) proc.remove();
  });

  function make(...args: Parameters<typeof makeProc>): FakeProc {
    const proc = makeProc(...args);
    made.push(proc);
    return proc;
  }

  function scanOf(processes: readonly FakeProcess[], networks: readonly NamedNetwork[] = []): ScanDocument {
    const { root } = make([{ pid: 1, parent: 0, command: 'init' }, ...processes]);
    return scan({ root, networks });
  }
  const containersOf = (...processes: FakeProcess[]): ScannedContainer[] => scanOf(processes).containers;
  const pidsOf = (...processes: FakeProcess[]): number[] => containersOf(...processes).map(({ pid }) => pid);

  it('gives the namespaces of self as the host’s, and no container where all is the host’s', () => {
    const { version, host, containers, processes, unreadable } = scanOf([{ pid: 10 }]);
    assert.deepEqual(
      { version, host, containers, processes, unreadable },
      { version: 2, host: HOST, containers: [], processes: [], unreadable: [] },
    );
  });

  it('gives all there is to know about a container', () => {
    const own = { mnt: 101, pid: 102, net: 103 };
    const [container, ...others] = containersOf(
      {
        pid: 20,
        pids: [20, 1],
        uid: 100_000,
        own,
        cgroup: `0::/docker/${ID}\n`,
        startTime: 777,
        mounts: IMAGE_MOUNTS(1),
      },
      { pid: 30, pids: [30, 7], parent: 20, own, cgroup: `0::/docker/${ID}\n`, mounts: IMAGE_MOUNTS(1) },
    );
    assert.deepEqual(others, []);
    assert.deepEqual(container, {
      engine: 'docker',
      name: 'a'.repeat(12),
      id: ID,
      engineNamespace: null,
      state: 'running',
      pid: 20,
      startTime: 777,
      uid: 100_000,
      user: null,
      rootless: true,
      image: null,
      labels: {},
      pod: null,
      composeProject: null,
      composeService: null,
      pids: [20, 30],
      parent: null,
      namespaces: { ...HOST, ...own },
      locked: [],
    });
  });

  for (const type of Object.keys(HOST) as NamespaceName[]) {
    it(`lists a process of which only ${type} is its own`, () => {
      assert.deepEqual(pidsOf({ pid: 20, own: { [type]: 5 } }), [20]);
    });
  }

  it('leaves out kernel threads and the dead, whatever their namespaces', () => {
    const own = { mnt: 5 };
    assert.deepEqual(
      pidsOf({ pid: 20, flags: 0x208040, own }, { pid: 21, state: 'Z', own }, { pid: 22, state: 'X', own }),
      [],
    );
  });

  it('takes the first process of the pid namespace for the leader, however pids and ages fall', () => {
    const own = { pid: 5 };
    assert.deepEqual(
      pidsOf({ pid: 20, pids: [20, 3], startTime: 1, own }, { pid: 30, pids: [30, 1], startTime: 2, own }),
      [30],
    );
  });

  it('takes the oldest for the leader where there is no first process', () => {
    const own = { net: 5 };
    assert.deepEqual(pidsOf({ pid: 20, startTime: 9, own }, { pid: 30, startTime: 8, own }), [30]);
  });

  it('says the same whichever files it reads of who is in there with the first process', () => {
    const insider = fc.record({
      net: fc.constantFrom(5, 6),
      startTime: fc.integer({ min: 1, max: 5 }),
      parent: fc.integer({ min: 20, max: 26 }),
      state: fc.constantFrom('S', 'R', 'Z'),
      command: fc.constantFrom('web', 'a\nb', 'a\\nb', 'S (x)'),
      uid: fc.constantFrom(0, 1_000),
    });
    fc.assert(
      fc.property(fc.array(insider, { minLength: 1, maxLength: 6 }), fc.nat(6), (insiders, first) => {
        const { root } = make([
          { pid: 1, parent: 0, command: 'init' },
          ...insiders.map(({ net, ...rest }, at) => ({
            ...rest,
            pid: 20 + at,
            pids: [20 + at, at === first ? 1 : 2 + at],
            own: { pid: 7, net },
            // Without any, it goes by its name.
            argv: [],
          })),
        ]);
        // With a memory all is read of each.
        const known = scan({ root, networks: [], memory: new WatchMemory() });
        assert.deepEqual(scan({ root, networks: [] }), known);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps sandboxes of the same program apart by their namespaces', () => {
    assert.deepEqual(pidsOf({ pid: 20, own: { net: 5 } }, { pid: 21, own: { net: 6 } }), [20, 21]);
  });

  it('reads no type that the kernel does not know', () => {
    const proc = make([{ pid: 20, own: { net: 5 } }], ['mnt', 'net']);
    const { host, containers } = scan({ root: proc.root, networks: [] });
    assert.deepEqual(host, { mnt: HOST.mnt, net: HOST.net });
    assert.deepEqual(
      containers.map(({ namespaces, locked }) => ({ namespaces, locked })),
      [{ namespaces: { mnt: HOST.mnt, net: 5 }, locked: [] }],
    );
  });

  it('goes on where a process ends meanwhile or cannot be read', () => {
    const proc = make([{ pid: 20, own: { net: 5 } }]);
    mkdirSync(join(proc.root, '30'));
    for (const pid of [40, 50]) proc.add({ pid });
    rmSync(join(proc.root, '40', 'stat'));
    mkdirSync(join(proc.root, '40', 'stat'));
    writeFileSync(join(proc.root, '50', 'stat'), 'garbage');
    proc.add({ pid: 60, own: { net: 6 } });
    rmSync(join(proc.root, '60', 'ns', 'uts'));
    const { containers, unreadable } = scan({ root: proc.root, networks: [] });
    assert.deepEqual(
      containers.map(({ pid }) => pid),
      [20],
    );
    assert.deepEqual(unreadable, [
      { pid: 40, error: 'EISDIR' },
      { pid: 50, error: 'not a line of /proc/PID/stat' },
    ]);
  });

  describe('of bind mounts that keep namespaces', () => {
    const mountOf = (inode: number, path: string): string => `30 27 0:4 net:[${inode}] ${path} rw - nsfs nsfs rw\n`;
    const other = '31 27 0:9 / /tmp/x rw - tmpfs tmpfs rw\n';
    const holdersIn = ({ namespaces }: ScanDocument): string[][] => namespaces.flatMap(({ heldBy }) => [heldBy]);

    it('finds those in a process’s own mounts, wherever they stand there', () => {
      const mounts = other.repeat(5_000) + mountOf(777, '/run/\\040-\\040nsfs') + other.repeat(5_000);
      const scanned = scanOf([{ pid: 20, own: { mnt: 101 }, mounts: IMAGE_MOUNTS(1) + mounts }]);
      assert.ok(holdersIn(scanned).some((heldBy) => String(heldBy) === '/proc/20/root/run/ - nsfs'));
      assert.deepEqual(scanned.unreadable, []);
    });

    it('reads an endless table of them for a while, and says so', () => {
      const endless = mountOf(777, '/a') + other.repeat(200_000) + mountOf(778, '/b');
      const scanned = scanOf([
        { pid: 20, own: { mnt: 101 }, mounts: IMAGE_MOUNTS(1) + endless },
        { pid: 30, own: { mnt: 102 }, mounts: IMAGE_MOUNTS(2) + mountOf(779, '/c') },
      ]);
      const held = scanned.namespaces.filter(({ heldBy }) => heldBy.length > 0).map(({ inode }) => inode);
      assert.deepEqual(held, [777, 779]);
      assert.deepEqual(scanned.unreadable, [{ pid: 20, error: 'EFBIG' }]);
    });

    it('asks containers with a pid namespace of their own last, which hold none for others', () => {
      const inside = {
        pid: 20,
        pids: [20, 1],
        own: { mnt: 101, pid: 102 },
        mounts: IMAGE_MOUNTS(1) + mountOf(777, '/a'),
      };
      const outside = { pid: 30, own: { mnt: 103 }, mounts: IMAGE_MOUNTS(2) + mountOf(777, '/b') };
      const [heldBy] = holdersIn(scanOf([inside, outside])).filter(({ length }) => length > 0);
      assert.deepEqual(heldBy, ['/proc/30/root/b', '/proc/20/root/a']);
    });

    it('reads the whole table only where a shorter one has such a mount', () => {
      const mounts = IMAGE_MOUNTS(1) + mountOf(777, '/a');
      const proc = make([{ pid: 20, own: { mnt: 101 }, mounts }]);
      const holders = (): string[] => holdersIn(scan({ root: proc.root, networks: [] })).flat();
      const tell = (type: string): void => {
        writeFileSync(
          join(proc.root, '20/mountstats'),
          `device none mounted on /a with fstype ${type}\n`.repeat(2_000),
        );
      };
      tell('tmpfs');
      assert.deepEqual(holders(), []);
      tell('nsfs');
      assert.deepEqual(holders(), ['/proc/20/root/a']);
    });

    it('are read in each container, however many there are with none inside', () => {
      const inside = Array.from({ length: 80 }, (_, at) => ({
        pid: 20 + at,
        pids: [20 + at, 1],
        own: { mnt: 1_001 + at, pid: 2_001 + at },
        mounts: IMAGE_MOUNTS(1) + mountOf(3_001 + at, '/a'),
      }));
      const scanned = scanOf(inside);
      assert.equal(holdersIn(scanned).flat().length, 80);
      assert.deepEqual(scanned.unreadable, []);
    });

    it('passes over a line that is longer than what is read at once', () => {
      const long = `31 27 0:9 / /tmp/${'x'.repeat(200_000)} rw - tmpfs tmpfs rw\n`;
      const scanned = scanOf([{ pid: 20, own: { mnt: 101 }, mounts: IMAGE_MOUNTS(1) + long + mountOf(777, '/a') }]);
      assert.ok(holdersIn(scanned).some((heldBy) => String(heldBy) === '/proc/20/root/a'));
    });

    it('tells a few of many that keep the same one', () => {
      const many = Array.from({ length: 100 }, (_, at) => mountOf(777, `/many/${at}`)).join('');
      const scanned = scanOf([{ pid: 20, own: { mnt: 101 }, mounts: IMAGE_MOUNTS(1) + many }]);
      assert.deepEqual(
        holdersIn(scanned).flatMap(({ length }) => (length > 0 ? [length] : [])),
        [32],
      );
    });
  });

  it('does not hang on parents that go round in a circle', () => {
    assert.deepEqual(
      pidsOf({ pid: 20, parent: 21, own: { net: 5 } }, { pid: 21, parent: 22 }, { pid: 22, parent: 21 }),
      [20],
    );
  });

  describe('names', () => {
    const nameOf = (process: Omit<FakeProcess, 'pid'>, networks: readonly NamedNetwork[] = []): string[] =>
      scanOf([{ pid: 20, own: { net: 5 }, ...process }], networks).containers.map(
        ({ engine, name }) => `${engine} ${name}`,
      );

    const programs: [argv: string[], name: string][] = [
      [['web', '1h'], 'web'],
      [['/usr/bin/sleep', '1h'], 'sleep'],
      [['-bash'], 'bash'],
      [['nginx: master process /usr/sbin/nginx -g daemon off;'], 'nginx'],
      [['my web'], 'my web'],
      [['$(reboot)\u001b[2J\n`id`'], '$(reboot)\u001b[2J\n`id`'],
      [[], 'comm'],
      [[''], 'comm'],
      [['/'], 'comm'],
    ];
    for (const [argv, name] of programs) {
      it(`calls ${JSON.stringify(argv)} ${JSON.stringify(name)}`, () => {
        assert.deepEqual(nameOf({ argv, command: 'comm' }), [`sandbox ${name}`]);
      });
    }

    it('reads only the start of an endless argv[0]', () => {
      assert.equal(nameOf({ argv: ['x'.repeat(100_000)] })[0]?.length, 'sandbox '.length + 4096);
    });

    it('knows a named network, with or without private mounts, but no more than that', () => {
      const networks = [{ name: 'blue', inode: 5 }];
      assert.deepEqual(nameOf({}, networks), ['netns blue']);
      assert.deepEqual(nameOf({ own: { net: 5, mnt: 6 }, mounts: PRIVATE_MOUNTS(9) }, networks), ['netns blue']);
      assert.deepEqual(nameOf({ own: { net: 5, uts: 6 } }, networks), ['sandbox cmd']);
      assert.deepEqual(nameOf({ own: { net: 7 } }, networks), ['sandbox cmd']);
    });

    it('names the first process of a systemd unit after the unit, but not what a unit’s process starts', () => {
      const cgroup = '0::/system.slice/my\\x2dapp.service\n';
      assert.deepEqual(nameOf({ own: { mnt: 6 }, cgroup, mounts: PRIVATE_MOUNTS(9) }), ['service my-app.service']);
      const found = containersOf({ pid: 20, cgroup }, { pid: 21, parent: 20, cgroup, own: { mnt: 6 } });
      assert.deepEqual(
        found.map(({ engine }) => engine),
        ['sandbox'],
      );
    });

    it('calls what a user’s own Podman runs in after it, inside of a container too', () => {
      const own = { mnt: 5, pid: 6 };
      const container = { pid: 20, pids: [20, 1], own, mounts: IMAGE_MOUNTS(1) };
      const argv = ['catatonit', '-P'];
      const pause = {
        pid: 30,
        pids: [30, 9],
        uid: 1000,
        own: { ...own, user: 7, mnt: 8 },
        argv,
        mounts: IMAGE_MOUNTS(2),
      };
      const first = { ...pause, pids: [30, 1], own: { ...pause.own, pid: 9 } };
      assert.deepEqual(
        [pause, first].map((process) => containersOf(container, process).at(-1)?.name),
        ['rootless Podman', 'catatonit'],
      );
    });

    it('gives a container’s id only to the container, not to what is made inside it', () => {
      const cgroup = `0::/docker/${ID}\n`;
      const container = { pid: 20, pids: [20, 1], own: { mnt: 5, pid: 6 }, cgroup, mounts: IMAGE_MOUNTS(1) };
      const inner = { pid: 30, pids: [30, 9], own: { mnt: 5, pid: 6, net: 7 }, cgroup, mounts: IMAGE_MOUNTS(1) };
      const found = containersOf(container, inner);
      assert.deepEqual(
        found.map(({ engine, id, parent }) => ({ engine, id, parent })),
        [
          { engine: 'docker', id: ID, parent: null },
          { engine: 'sandbox', id: null, parent: 20 },
        ],
      );
    });
  });

  it('knows a pod’s containers by cgroups that are named as systemd’s are asked for', () => {
    const [pod, app] = ['b'.repeat(64), 'c'.repeat(64)];
    const shim = ['/usr/bin/containerd-shim-runc-v2', '-namespace', 'k8s.io', '-id', pod];
    const of = (id: string, mnt: number): Partial<FakeProcess> => ({
      parent: 10,
      own: { mnt, pid: mnt + 1, net: 3 },
      cgroup: `0::/system.slice/containerd.service/kubepods-burstable-pod1.slice:cri-containerd:${id}\n`,
      mounts: IMAGE_MOUNTS(mnt),
    });
    const containers = containersOf(
      { pid: 10, argv: shim },
      { pid: 20, pids: [20, 1], ...of(pod, 101) },
      { pid: 30, pids: [30, 1], ...of(app, 201) },
    );
    assert.deepEqual(
      containers.map(({ engine, id, pid }) => ({ engine, id, pid })),
      [
        { engine: 'kubernetes', id: pod, pid: 20 },
        { engine: 'kubernetes', id: app, pid: 30 },
      ],
    );
  });

  it('tells of Docker’s daemons and where they listen, but not of those in containers', () => {
    const argv = ['/usr/bin/dockerd', '-H', 'unix:///run/docker2.sock'];
    const { engines } = scanOf([
      { pid: 10, command: 'dockerd', argv, uid: 1000 },
      { pid: 11, command: 'dockerd', argv: ['/usr/bin/other', '-H', 'unix:///x'] },
      { pid: 20, command: 'dockerd', argv, own: { mnt: 101 }, mounts: IMAGE_MOUNTS(1) },
    ]);
    assert.deepEqual(engines, [{ engine: 'docker', pid: 10, uid: 1000, sockets: ['/run/docker2.sock'] }]);
  });

  it('names a container inside of another as it names one outside of the same name', () => {
    const lxc = (pid: number, above: string): FakeProcess => {
      return { pid, pids: [pid, 1], own: { pid: pid + 1, mnt: pid + 2 }, cgroup: `0::${above}/lxc.payload.web\n` };
    };
    assert.deepEqual(
      containersOf(lxc(20, ''), lxc(30, '/machine-m1.scope/payload')).map(({ engine, name }) => `${engine} ${name}`),
      ['lxc web', 'lxc web'],
    );
  });

  describe('who minds it', () => {
    const conmon = ['/usr/bin/conmon', '-c', ID, '-n', 'web', '-b', '/s/userdata', '--exit-command', 'podman'];
    const inside = { pid: 30, parent: 20, pids: [30, 1], own: { pid: 5, net: 6 } };
    const told = (...processes: FakeProcess[]): object[] =>
      containersOf(...processes).map(({ engine, name, id, rootless }) => ({ engine, name, id, rootless }));

    it('names it, and whose it is, with the links locked too', () => {
      const podman = { engine: 'podman', name: 'web', id: ID, rootless: true };
      assert.deepEqual(told({ pid: 20, uid: 4242, argv: conmon }, inside), [podman]);
      assert.deepEqual(told({ pid: 20, uid: 4242, argv: conmon }, { ...inside, locked: true }), [podman]);
    });

    it('is read for a while only where it is a user’s, and then named by what everybody may know, which is told', () => {
      const uid = process.getuid?.() || 4242;
      const states = mkdtempSync(join(tmpdir(), 'lns-state-'));
      const processes = ['a', 'b', 'c', 'd'].flatMap((letter, at): FakeProcess[] => {
        const id = letter.repeat(64);
        const own = join(states, 'overlay-containers', id, 'userdata');
        mkdirSync(own, { recursive: true });
        writeFileSync(join(own, 'config.json'), '{}');
        chownSync(join(own, 'config.json'), uid, -1);
        const argv = ['conmon', '-c', id, '-n', letter, '-b', own, '--exit-command', 'podman'];
        return [
          { pid: 20 + at, uid, argv },
          { pid: 30 + at, parent: 20 + at, pids: [30 + at, 1], own: { pid: 5 + at } },
        ];
      });
      const list = join(states, 'overlay-containers/containers.json');
      const metadata = JSON.stringify({ 'image-name': 'nginx' });
      writeFileSync(list, JSON.stringify(['a', 'b', 'c', 'd'].map((letter) => ({ id: letter.repeat(64), metadata }))));
      chownSync(list, uid, -1);
      const { root } = make(processes);
      for (let pid = 20; pid < 24; pid++) symlinkSync('/', join(root, String(pid), 'root'));
      try {
        // Two looks at this clock for each of them: of a second, 600 ms.
        let now = 0;
        const slow = scan({ root, networks: [], budget: new Budget(() => (now += 600)) });
        assert.deepEqual(
          slow.containers.map(({ name, image }) => [name, image]),
          [
            ['a', 'nginx'],
            ['b', 'nginx'],
            ['c', null],
            ['d', null],
          ],
        );
        assert.deepEqual(
          slow.unreadable,
          [32, 33].map((pid) => ({ pid, error: 'ETIMEDOUT' })),
        );
      } finally {
        rmSync(states, { recursive: true });
      }
    });

    it('counts for its own children alone', () => {
      assert.deepEqual(told({ pid: 20, argv: conmon }, { ...inside, parent: 21 }, { pid: 21, parent: 20 }), [
        { engine: 'sandbox', name: 'cmd', id: null, rootless: false },
      ]);
    });
  });

  describe('processes', () => {
    it('are those of containers, with what they are inside', () => {
      const own = { pid: 5, user: 6 };
      const map = { uidMap: '0 100000 1000\n' };
      const { processes } = scanOf([
        { pid: 20, pids: [20, 1], own, uid: 100_000, argv: ['web', '-x'], ...map },
        { pid: 30, pids: [30, 2], parent: 20, own, uid: 7, argv: [], command: 'gone', ...map },
        { pid: 40, argv: ['host'] },
      ]);
      assert.deepEqual(processes, [
        { pid: 20, parent: 1, nsPids: [20, 1], uid: 100_000, insideUid: 0, command: 'web -x' },
        { pid: 30, parent: 20, nsPids: [30, 2], uid: 7, insideUid: null, command: 'gone' },
      ]);
    });

    it('have commands of bounded length, raw', () => {
      const argv = ['\u001b[2J\n', 'x'.repeat(65_536)];
      const [process] = scanOf([{ pid: 20, own: { net: 5 }, argv }]).processes;
      assert.equal(process?.command, argv.join(' ').slice(0, 200));
    });
  });

  it('gives each namespace its processes, and the host’s where asked to', () => {
    const { root } = make([{ pid: 10 }, { pid: 20, own: { net: 5 } }, { pid: 30, own: { net: 5, mnt: 6 } }]);
    const pids = (hostPids: boolean, inode: number): number[] | undefined =>
      scan({ root, networks: [], hostPids }).namespaces.find((namespace) => namespace.inode === inode)?.pids;
    assert.deepEqual([pids(false, 5), pids(false, 6)], [[20, 30], [30]]);
    assert.deepEqual([pids(false, HOST.net), pids(true, HOST.net)], [[], [10]]);
    assert.deepEqual(pids(true, HOST.user), [10, 20, 30]);
  });

  describe('what lies in what', () => {
    it('gives the container with the nearest ancestor as parent', () => {
      const outer = { pid: 20, own: { net: 5 } };
      const shell = { pid: 21, parent: 20, own: { net: 5 } };
      const inner = { pid: 30, parent: 21, own: { net: 5, pid: 6 }, pids: [30, 1] };
      const innermost = { pid: 40, parent: 30, own: { net: 5, pid: 6, uts: 7 }, pids: [40, 2] };
      assert.deepEqual(
        containersOf(outer, shell, inner, innermost).map(({ pid, parent }) => [pid, parent]),
        [
          [20, null],
          [30, 20],
          [40, 30],
        ],
      );
    });
  });

  describe('visitors', () => {
    const web = {
      pid: 20,
      pids: [20, 1],
      own: { mnt: 5, net: 6, pid: 7, uts: 8 },
      network: 'web',
      mounts: IMAGE_MOUNTS(1),
    };

    it('leaves out what joined some namespaces of one container', () => {
      assert.deepEqual(pidsOf(web, { pid: 30, own: { net: 6 }, network: 'web' }), [20]);
      assert.deepEqual(pidsOf(web, { pid: 30, own: { net: 6, uts: 8 }, network: 'web' }), [20]);
    });

    it('leaves out what joined a network and has private mounts over the host’s filesystem for it', () => {
      const terminal = { own: { net: 6, mnt: 9 }, network: 'web', mounts: PRIVATE_MOUNTS(77) };
      assert.deepEqual(pidsOf(web, { pid: 30, ...terminal }), [20]);
      const second = { pid: 31, ...terminal, own: { net: 6, mnt: 10 }, mounts: PRIVATE_MOUNTS(78) };
      assert.deepEqual(pidsOf(web, { pid: 30, ...terminal }, second), [20]);
    });

    it('leaves out what is only in the container’s cgroup', () => {
      const cgroup = `0::/docker/${ID}\n`;
      const terminal = { pid: 30, own: { mnt: 9 }, cgroup, mounts: PRIVATE_MOUNTS(77) };
      assert.deepEqual(pidsOf({ ...web, cgroup }, terminal), [20]);
    });

    it('keeps a sidecar, which has a filesystem of its own', () => {
      assert.deepEqual(
        pidsOf(web, { pid: 30, own: { net: 6, mnt: 9 }, network: 'web', mounts: IMAGE_MOUNTS(2) }),
        [20, 30],
      );
    });

    it('keeps what has one namespace of its own', () => {
      assert.deepEqual(pidsOf(web, { pid: 30, own: { net: 6, ipc: 9 }, network: 'web' }), [20, 30]);
    });

    it('keeps what was there first: an engine in a network that a container takes for the host’s', () => {
      assert.deepEqual(pidsOf({ pid: 10, own: { net: 6 }, network: 'web' }, web), [10, 20]);
    });

    it('leaves out the one process that made the container and waits for it', () => {
      const waiting = { pid: 10, own: { mnt: 5, net: 6 }, network: 'web', mounts: PRIVATE_MOUNTS(1) };
      const child = { ...web, parent: 10, own: { mnt: 5, net: 6, pid: 7 }, mounts: PRIVATE_MOUNTS(1) };
      assert.deepEqual(pidsOf(waiting, child), [20]);
    });

    it('leaves it out also while others, who entered all of the container, wait for what they run in there', () => {
      const own = { mnt: 5, net: 6 };
      const waiting = { pid: 10, own, network: 'web', mounts: PRIVATE_MOUNTS(1) };
      const child = { ...web, parent: 10, own: { ...own, pid: 7 }, mounts: PRIVATE_MOUNTS(1) };
      const entering = { ...waiting, pid: 30 };
      assert.deepEqual(pidsOf(waiting, child, entering, { ...child, pid: 40, pids: [40, 2], parent: 30 }), [20]);
      assert.deepEqual(pidsOf(waiting, child, { ...entering, parent: 10 }), [10, 20], 'it does more than wait');
      assert.deepEqual(pidsOf({ ...waiting, pid: 8 }, { ...waiting, pid: 9 }, { ...child, parent: 8 }), [8, 20]);
    });

    it('keeps a container whose only process makes another: all ends with the first', () => {
      const cgroup = `0::/docker/${ID}\n`;
      const init = { ...web, cgroup };
      const inner = { ...web, cgroup, pid: 30, parent: 20, pids: [30, 9, 1], own: { ...web.own, pid: 10 } };
      const innermost = { ...inner, pid: 40, parent: 30, pids: [40, 10, 2], own: { ...inner.own, user: 11 } };
      const found = containersOf(init, inner, innermost);
      assert.deepEqual(
        found.map(({ pid, id }) => [pid, id]),
        [
          [20, ID],
          [30, null],
          [40, null],
        ],
      );
    });

    it('keeps a sandbox with more than one process, of which one made another', () => {
      const shell = { pid: 20, own: { net: 5 }, network: 'a' };
      const child = { pid: 30, parent: 20, pids: [30, 1], own: { net: 5, pid: 7 }, network: 'a' };
      assert.deepEqual(pidsOf(shell, child), [30]);
      assert.deepEqual(pidsOf(shell, { ...shell, pid: 21, parent: 20 }, child), [20, 30]);
    });

    it('keeps a shell in whose one child more was unshared', () => {
      const shell = { pid: 20, own: { net: 5 }, network: 'a' };
      assert.deepEqual(pidsOf(shell, { pid: 30, parent: 20, own: { net: 5, uts: 7 }, network: 'a' }), [20, 30]);
    });

    it('keeps one of each pair, whichever could be the other’s visitor', () => {
      const shell = { pid: 10, own: { net: 6 }, network: 'a' };
      const child = { pid: 20, parent: 10, own: { net: 6, mnt: 5 }, network: 'a', mounts: PRIVATE_MOUNTS(1) };
      assert.deepEqual(pidsOf(shell, child), [10]);
    });

    it('shows a named network once, however many programs run in it', () => {
      const first = { pid: 20, own: { net: 6, mnt: 5 }, network: 'a', mounts: PRIVATE_MOUNTS(1) };
      const second = { pid: 30, own: { net: 6, mnt: 8 }, network: 'a', mounts: PRIVATE_MOUNTS(2) };
      assert.deepEqual(pidsOf(first, second), [20]);
    });

    it('keeps private mounts alone, and services that share a network', () => {
      const mounts = [
        { pid: 20, own: { mnt: 5 }, mounts: PRIVATE_MOUNTS(1) },
        { pid: 30, own: { mnt: 6 }, mounts: PRIVATE_MOUNTS(2) },
      ];
      assert.deepEqual(pidsOf(...mounts), [20, 30]);
      const services = mounts.map((process, at) => ({
        ...process,
        own: { ...process.own, net: 9 },
        network: 'a',
        cgroup: `0::/system.slice/s${at}.service\n`,
      }));
      assert.deepEqual(pidsOf(...services), [20, 30]);
    });
  });

  describe('without the right to read links', () => {
    const ALL = Object.keys(HOST).sort();

    it('takes a process without any sign of containment for the host’s', () => {
      assert.deepEqual(pidsOf({ pid: 20, locked: true, cgroup: '0::/system.slice/ssh.service\n' }), []);
    });

    const signs: [what: string, sign: Partial<FakeProcess>][] = [
      ['another pid namespace', { pids: [20, 1] }],
      ['another network', { network: 'other' }],
      ['other mounts', { mounts: IMAGE_MOUNTS(1) }],
      ['private mounts', { mounts: PRIVATE_MOUNTS(99) }],
      ['another uid map', { uidMap: '0 100000 65536\n' }],
      ['a container’s cgroup, where no mounts can be seen', { cgroup: `0::/docker/${ID}\n`, mounts: '' }],
    ];
    for (const [what, sign] of signs) {
      it(`lists a process with ${what}, all of it locked`, () => {
        const [container] = containersOf({ pid: 20, locked: true, ...sign });
        assert.equal(container?.pid, 20);
        assert.deepEqual(container.namespaces, {});
        assert.deepEqual([...container.locked].sort(), ALL);
      });
    }

    it('is not misled by a container’s cgroup where the mounts are the host’s', () => {
      assert.deepEqual(pidsOf({ pid: 20, locked: true, cgroup: `0::/docker/${ID}\n` }), []);
    });

    it('groups by what can be seen, and knows the container by its cgroup', () => {
      const common = { locked: true, cgroup: `0::/docker/${ID}\n`, network: 'web', mounts: IMAGE_MOUNTS(1) };
      const [container, ...others] = containersOf(
        { pid: 20, pids: [20, 5], parent: 30, startTime: 1, ...common },
        { pid: 30, pids: [30, 1], startTime: 2, ...common },
        { pid: 40, pids: [40, 9], parent: 1, ...common },
      );
      assert.deepEqual(others, []);
      assert.equal(container?.id, ID);
      assert.equal(container.pid, 30);
      assert.deepEqual(container.pids, [20, 30, 40]);
    });

    it('keeps pid namespaces apart that differ in nothing else', () => {
      const found = containersOf(
        { pid: 20, pids: [20, 1], locked: true },
        { pid: 21, pids: [21, 2], parent: 20, locked: true },
        { pid: 30, pids: [30, 1], locked: true },
        { pid: 31, pids: [31, 2], parent: 30, locked: true },
      );
      assert.deepEqual(
        found.map(({ pids }) => pids),
        [
          [20, 21],
          [30, 31],
        ],
      );
    });

    it('keeps what shares a locked network but has a pid namespace of its own', () => {
      const web = { pid: 20, pids: [20, 1], locked: true, network: 'web', mounts: IMAGE_MOUNTS(1) };
      assert.deepEqual(pidsOf(web, { ...web, pid: 30, pids: [30, 1], mounts: PRIVATE_MOUNTS(2) }), [20, 30]);
      assert.deepEqual(pidsOf(web, { ...web, pid: 30, pids: [30, 7], mounts: PRIVATE_MOUNTS(2) }), [20]);
    });

    it('leaves out the user’s own terminal in a locked container’s network', () => {
      const web = { pid: 20, pids: [20, 1], locked: true, network: 'web', mounts: IMAGE_MOUNTS(1) };
      const terminal = { pid: 30, uid: 1000, own: { net: 6, mnt: 9 }, network: 'web', mounts: PRIVATE_MOUNTS(77) };
      assert.deepEqual(pidsOf(web, terminal), [20]);
      assert.deepEqual(pidsOf(web, { ...terminal, network: 'other' }), [20, 30]);
    });
  });

  it('puts each process with a namespace of its own into at most one container, and names a parent that is listed', () => {
    const process = fc.record({
      parent: fc.integer({ min: 1, max: 12 }),
      own: fc.record(
        { net: fc.integer({ min: 1, max: 3 }), mnt: fc.integer({ min: 4, max: 6 }) },
        { requiredKeys: [] },
      ),
      locked: fc.boolean(),
      network: fc.constantFrom('host', 'a', 'b'),
      mounts: fc.constantFrom(IMAGE_MOUNTS(1), PRIVATE_MOUNTS(2), ''),
    });
    fc.assert(
      fc.property(fc.array(process, { maxLength: 10 }), (processes) => {
        const fake = makeProc(processes.map((entry, at) => ({ pid: at + 2, ...entry })));
        try {
          const { containers, unreadable } = scan({ root: fake.root, networks: [] });
          const pids = containers.flatMap((container) => container.pids);
          assert.equal(new Set(pids).size, pids.length);
          assert.deepEqual(unreadable, []);
          const leaders = new Set(containers.map(({ pid }) => pid));
          for (const { pid, parent, pids: members } of containers) {
            assert.ok(members.includes(pid));
            assert.ok(parent === null || (leaders.has(parent) && parent !== pid));
          }
          const own = processes.some((entry) => !entry.locked && Object.keys(entry.own).length > 0);
          assert.equal(own && containers.length === 0, false, 'never do all visit each other');
        } finally {
          fake.remove();
        }
      }),
      { numRuns: 60 },
    );
    // Each makes a hundred files.
  }).timeout(60_000);
});
