// Names of containers from command lines and from engines' files, and which of those are believed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { Budget } from '../../helper/scan/budget';
import { cgroupOwner, Cgroups } from '../../helper/scan/cgroup';
import { Freezer } from '../../helper/scan/frozen';
import { shimFacts } from '../../helper/scan/runtimes/containerd';
import { kubernetesFacts } from '../../helper/scan/runtimes/kubernetes';
import { readMachines } from '../../helper/scan/runtimes/machined';
import { parseDaemon } from '../../helper/scan/runtimes/daemons';
import { parseMinder } from '../../helper/scan/runtimes/minder';
import { conmonFacts } from '../../helper/scan/runtimes/podman';
import { readRuncStates } from '../../helper/scan/runtimes/runc';
import { lxcFacts } from '../../helper/scan/runtimes/lxc';
import { firejailName, flatpakFacts, flatpakName, rootlessName } from '../../helper/scan/runtimes/sandboxes';
import { readTrusted } from '../../helper/scan/runtimes/trusted';

const ID = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const UID = process.getuid?.() ?? 0;

/** Takes a lease for writing (fcntl(2): F_SETLEASE, F_WRLCK), says so and keeps it. */
const LEASE = `
  $| = 1;
  $SIG{IO} = 'IGNORE';
  open(FILE, '<', $ARGV[0]) && fcntl(FILE, 1024, 1) || die $!;
  print "leased\n";
  sleep 1000`;

describe('scan: who minds a container', () => {
  const cases: [argv: string[], minder: object | null][] = [
    [
      ['/usr/bin/containerd-shim-runc-v2', '-namespace', 'moby', '-id', ID, '-address', '/run/c.sock'],
      { kind: 'shim', namespace: 'moby', id: ID },
    ],
    [['containerd-shim-runc-v2', '-id=x'], { kind: 'shim', namespace: 'default', id: 'x' }],
    [['containerd-shim-runc-v2', '-address', '-id'], null],
    [
      ['/usr/bin/conmon', '-c', ID, '-b', '/s/userdata', '-n', 'web', '--exit-command', '/usr/bin/podman'],
      { kind: 'conmon', engine: 'podman', id: ID, name: 'web', bundle: '/s/userdata' },
    ],
    [
      ['conmon', '--cid', ID, '--bundle=/s/userdata', '--name', 'k8s_app'],
      { kind: 'conmon', engine: 'kubernetes', id: ID, name: 'k8s_app', bundle: '/s/userdata' },
    ],
    // `podman exec`
    [['conmon', '-c', ID, '-b', '/s/userdata', '-n', 'web', '-e'], null],
    [['conmon', '-c', ID], null],
    [['[lxc monitor] /var/lib/lxc web'], { kind: 'lxc', engine: 'lxc', name: 'web', containers: '/var/lib/lxc' }],
    [
      ['[lxc monitor] /var/lib/incus/containers web '],
      { kind: 'lxc', engine: 'incus', name: 'web', containers: '/var/lib/incus/containers' },
    ],
    [
      ['[lxc monitor] /var/snap/lxd/common/lxd/containers shop_web'],
      { kind: 'lxc', engine: 'lxd', name: 'shop_web', containers: '/var/snap/lxd/common/lxd/containers' },
    ],
    [['/usr/bin/lxc-start', '-F', '-n', 'web'], { kind: 'lxc', engine: 'lxc', name: 'web', containers: null }],
    [['systemd-nspawn', '-D', '/x', '-M', 'm1'], { kind: 'nspawn', name: 'm1' }],
    [['systemd-nspawn', '--directory=/var/lib/machines/deb/'], { kind: 'nspawn', name: 'deb' }],
    [['systemd-nspawn', '-bD', '/srv/web'], { kind: 'nspawn', name: 'web' }],
    [['systemd-nspawn', '-qbM', 'm1', '--user', 'u', '-D/srv/web'], { kind: 'nspawn', name: 'm1' }],
    [['systemd-nspawn', '-i', '/x/deb.raw', '--bind', '/a', '--', 'sh'], { kind: 'nspawn', name: 'deb' }],
    // What the command is given is not nspawn's.
    [['systemd-nspawn', '-D', '/srv/web', 'prog', '--machine=other', '-M', 'other'], { kind: 'nspawn', name: 'web' }],
    [['systemd-nspawn', '--private-users', 'prog', '-D', '/x'], null],
    [['systemd-nspawn'], null],
    [['/usr/bin/bwrap', '--unshare-all', 'sh'], { kind: 'bwrap' }],
    [['/usr/bin/rootlesskit', '--net=host', 'dockerd'], { kind: 'rootlesskit' }],
    [['firejail', '--name=fj', 'sh'], { kind: 'firejail', name: 'fj' }],
    [['firejail', '--noprofile', 'prog', '--name=other'], { kind: 'firejail', name: null }],
    [['firejail', '--quiet', '--', 'prog', '--name=other'], { kind: 'firejail', name: null }],
    [['firejail', 'sh'], { kind: 'firejail', name: null }],
    [['/sbin/init'], null],
    [[], null],
  ];
  for (const [argv, minder] of cases) {
    it(JSON.stringify(argv).slice(0, 90), () => {
      assert.deepEqual(parseMinder(argv), minder);
    });
  }

  it('takes any command line, however hostile', () => {
    const programs = [
      'conmon',
      'bwrap',
      'containerd-shim',
      'systemd-nspawn',
      'firejail',
      '[lxc monitor] ',
      '-c',
      '-n',
      '-b',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...programs))), (argv) => {
        parseMinder(argv);
      }),
    );
  });
});

describe('scan: where daemons listen', () => {
  const cases: [argv: string[], sockets: string[] | null][] = [
    [['/usr/bin/dockerd', '-H', 'fd://'], []],
    [['dockerd', '-H', 'unix:///run/docker2.sock', '--debug'], ['/run/docker2.sock']],
    [
      ['dockerd', '--host=unix:///a b', '-Hunix:///c', '-H=unix:///d', '--host', 'tcp://0.0.0.0:1'],
      ['/a b', '/c', '/d'],
    ],
    [['dockerd', '--label', 'unix:///x', '-H'], []],
    [['dockerd', '--host', 'unix://relative'], []],
    [['sh', '-c', 'dockerd', '-H', 'unix:///x'], null],
    [[], null],
  ];
  for (const [argv, sockets] of cases) {
    it(JSON.stringify(argv), () => {
      assert.deepEqual(parseDaemon(argv), sockets);
    });
  }
});

describe('scan: state on disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-state-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  function write(path: string, content: unknown): string {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return file;
  }

  describe('a file is believed', () => {
    it('where it is a regular file of the right owner', () => {
      assert.equal(readTrusted(write('f', 'x'), UID), 'x');
      assert.equal(readTrusted(write('f', 'x'), UID + 1), null);
      assert.equal(readTrusted(join(folder, 'none'), UID), null);
      assert.equal(readTrusted(folder, UID), null);
    });

    it('not through a link, not from a device, a FIFO or without end', () => {
      const file = write('f', 'x');
      symlinkSync(file, join(folder, 'link'));
      assert.equal(readTrusted(join(folder, 'link'), UID), null);
      assert.equal(readTrusted('/dev/zero', 0), null);
      assert.equal(readTrusted(write('huge', Buffer.alloc((8 << 20) + 1)), UID), null);
      execFileSync('mkfifo', [join(folder, 'fifo')]);
      assert.equal(readTrusted(join(folder, 'fifo'), UID), null);
    });

    it('not where the kernel makes it up, such as a process’s memory', () => {
      for (const name of ['maps', 'pagemap']) assert.equal(readTrusted(`/proc/self/${name}`, UID), null);
    });

    // By default it has 45 seconds to give the lease back.
    it('not where its owner would keep whoever opens it waiting, by a lease', async () => {
      const file = write('f', 'x');
      const owner = spawn('perl', ['-e', LEASE, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await once(owner.stdout, 'data');
        assert.equal(readTrusted(file, UID), null);
      } finally {
        owner.kill();
      }
    });

    it('not where it may not be read', function () {
      const file = write('f', 'x');
      chmodSync(file, 0);
      // Root may read it all the same.
      assert.equal(readTrusted(file, UID), UID === 0 ? 'x' : null);
    });
  });

  /** What a shim's folder in /proc shows: its bundle, and the machine's files. */
  function shim(namespace: string, id = ID): Parameters<typeof shimFacts>[0] {
    mkdirSync(join(folder, 'bundles', id), { recursive: true });
    symlinkSync(join(folder, 'bundles', id), join(folder, 'cwd'));
    symlinkSync('/', join(folder, 'root'));
    return { minder: { kind: 'shim', namespace, id }, folder, uid: UID };
  }

  it('gives Docker’s name, image, labels and state, wherever its data is', () => {
    const docker = shim('moby');
    const data = join(folder, '100000.100000');
    write(`bundles/${ID}/init.pid`, '42');
    write(`bundles/${ID}/config.json`, {
      // A container in the network of another has that one's files mounted.
      mounts: [{ source: '/x' }, { source: `${data}/containers/${OTHER}/hostname` }],
    });
    const labels = {
      'com.docker.compose.project': 'shop',
      evil: '\u001b[2J\n[x](command:y)',
      long: 'x'.repeat(65_536),
    };
    write(`100000.100000/containers/${ID}/config.v2.json`, {
      Name: '/web',
      Config: { Image: 'nginx', Labels: { ...labels, wrong: 7 } },
      State: { Paused: true },
    });
    assert.deepEqual(shimFacts(docker, [42, 1], null), {
      engine: 'docker',
      name: 'web',
      id: ID,
      engineNamespace: null,
      state: 'paused',
      image: 'nginx',
      labels,
      pod: null,
      store: `${data}/containers`,
    });
  });

  it('falls back to the id where the state is missing, broken or another’s', () => {
    const docker = shim('moby');
    const bare = {
      engine: 'docker',
      name: ID.slice(0, 12),
      id: ID,
      engineNamespace: null,
      state: 'running',
      image: null,
      labels: {},
      pod: null,
      store: null,
    };
    assert.deepEqual(shimFacts(docker, [42, 1], null), bare);
    write(`bundles/${ID}/init.pid`, '42');
    for (const config of ['', '{', '[]', 'null', { mounts: 7 }, { mounts: [null, 'x', { source: 1 }] }]) {
      write(`bundles/${ID}/config.json`, config);
      assert.deepEqual(shimFacts(docker, [42, 1], null), bare, JSON.stringify(config));
    }
    write(`bundles/${ID}/config.json`, { root: { path: `${folder}/../../etc/overlay2/x` } });
    assert.deepEqual(shimFacts(docker, [42, 1], null), bare);
  });

  it('does not follow an id out of the bundles’ folder', () => {
    write('config.json', { annotations: { 'nerdctl/name': 'wrong' } });
    write('init.pid', '42');
    const rest = shim('default', 'ct');
    const outside = { ...rest, minder: { kind: 'shim', namespace: 'default', id: '..' } } as const;
    assert.equal(shimFacts(outside, [42], '../..')?.name, '..');
  });

  it('gives a pod and its containers, of which one shim minds several', () => {
    const pod = shim('k8s.io');
    const annotations = {
      'io.kubernetes.cri.sandbox-name': 'shop-1',
      'io.kubernetes.cri.sandbox-namespace': 'prod',
      'io.kubernetes.cri.sandbox-uid': 'u',
    };
    write(`bundles/${ID}/init.pid`, '42');
    write(`bundles/${ID}/config.json`, { annotations });
    write(`bundles/${OTHER}/init.pid`, '43');
    write(`bundles/${OTHER}/config.json`, {
      annotations: {
        ...annotations,
        'io.kubernetes.cri.container-name': 'app',
        'io.kubernetes.cri.image-name': 'nginx',
      },
    });
    const own = shimFacts(pod, [42, 1], ID);
    assert.deepEqual([own?.engine, own?.name, own?.pod, own?.id], ['kubernetes', 'shop-1', 'shop-1', ID]);
    const app = shimFacts(pod, [43, 1], OTHER);
    assert.deepEqual([app?.name, app?.pod, app?.id, app?.image], ['app', 'shop-1', OTHER, 'nginx']);
    assert.equal(app?.labels['io.kubernetes.pod.namespace'], 'prod');
  });

  it('gives CRI-O’s names, and none of what is no pod', () => {
    const annotations = { 'io.kubernetes.pod.name': 'shop-1', 'io.kubernetes.container.name': 'POD' };
    assert.equal(kubernetesFacts({ annotations }, ID)?.name, 'shop-1');
    assert.equal(kubernetesFacts({ annotations: { tier: 'x' } }, ID), null);
    assert.equal(kubernetesFacts({}, ID), null);
  });

  it('gives a Podman container’s image and pod', () => {
    symlinkSync('/', join(folder, 'root'));
    const storage = join(folder, 'overlay-containers');
    write('overlay-containers/containers.json', [
      7,
      { id: ID, metadata: JSON.stringify({ 'image-name': 'docker.io/library/nginx:1' }) },
      { id: OTHER, metadata: 'broken' },
    ]);
    write(`overlay-containers/${ID}/userdata/config.json`, {
      annotations: { 'io.kubernetes.cri-o.SandboxID': OTHER },
    });
    write(`overlay-containers/${OTHER}/userdata/config.json`, { hostname: 'shop' });
    const conmon = (id: string, name: string, bundle = `${storage}/${id}/userdata`): object => {
      const minder = { kind: 'conmon', engine: 'podman', id, name, bundle } as const;
      const { image, pod } = conmonFacts({ minder, folder, uid: UID }, false);
      return { image, pod };
    };
    assert.deepEqual(conmon(ID, 'web'), { image: 'docker.io/library/nginx:1', pod: 'shop' });
    assert.deepEqual(conmon(OTHER, 'x-infra'), { image: null, pod: 'shop' });
    assert.deepEqual(conmon(OTHER, 'alone'), { image: null, pod: null });
    assert.deepEqual(conmon(ID, 'web', `${storage}/../overlay-containers/${ID}/userdata`), { image: null, pod: null });
  });

  it('gives the containers of runc and crun by their first process, root’s and each user’s own', () => {
    write('runc/web/state.json', { init_process_pid: 42, init_process_start: 777, id: 'other' });
    write('crun/db/status', { pid: 43, 'process-start-time': 778 });
    write(`user/${UID}/crun/own/status`, { pid: 44 });
    // Somebody else's file in a user's folder.
    write(`user/${UID + 1}/runc/wrong/state.json`, { init_process_pid: 45 });
    for (const content of ['{', '[]', { init_process_pid: '46' }, { init_process_pid: null }]) {
      write(`runc/broken-${JSON.stringify(content).length}/state.json`, content);
    }
    mkdirSync(join(folder, 'runc/empty'));
    assert.deepEqual(
      [...readRuncStates(new Budget(), folder, UID)].sort(([a], [b]) => a - b),
      [
        [42, { id: 'web', uid: UID, startTime: 777 }],
        [43, { id: 'db', uid: UID, startTime: 778 }],
        [44, { id: 'own', uid: UID, startTime: null }],
      ],
    );
    assert.deepEqual([...readRuncStates(new Budget(), join(folder, 'none'), UID)], []);
    // Where no time is left, users' own are not read.
    let now = 0;
    const spent = new Budget(() => (now += 10_000));
    assert.throws(() => spent.spend(() => assert.fail()));
    assert.deepEqual([...readRuncStates(spent, folder, UID + 2)], []);
  });

  it('gives machined’s machines by their first process', () => {
    write('m1', 'NAME=m1\nSERVICE=systemd-nspawn\nLEADER=42\n');
    write('m2', 'NAME=m2\nSERVICE=libvirt-lxc\nLEADER=43\n');
    write('broken', 'NAME=m3\nLEADER=x\n');
    symlinkSync('m1', join(folder, 'unit:m1.scope'));
    const machines = readMachines(folder);
    assert.deepEqual([...machines].map(([pid, { engine, name }]) => [pid, engine, name]).sort(), [
      [42, 'nspawn', 'm1'],
      [43, 'machine', 'm2'],
    ]);
    assert.deepEqual([...readMachines(join(folder, 'none'))], []);
  });

  it('gives names of Flatpak’s and Firejail’s sandboxes', () => {
    assert.equal(flatpakName(['/user.slice/app.slice/app-flatpak-org.example.App-1234.scope']), 'org.example.App');
    assert.equal(flatpakName(['/user.slice/app.slice/firefox.scope']), null);
    write('42', 'fj\n');
    assert.equal(firejailName(42, folder), 'fj');
    assert.equal(firejailName(43, folder), null);
  });

  it('gives the application of a Flatpak, its instance and runtime', () => {
    const info = (text: string): object | null => {
      write('root/.flatpak-info', text);
      const found = flatpakFacts(folder, UID);
      return found && { name: found.name, id: found.id, image: found.image };
    };
    const instance = '[Instance]\ninstance-id=42\nname=x\n';
    assert.deepEqual(
      info(`[Application]\nname=org.example.App\nruntime=runtime/org.example.Platform/x86_64/1\n${instance}`),
      { name: 'org.example.App', id: '42', image: 'org.example.Platform/x86_64/1' },
    );
    assert.deepEqual(info('[Runtime]\nname=org.example.Sdk\n'), { name: 'org.example.Sdk', id: null, image: null });
    // The first one counts, so that nothing below can take its place.
    assert.deepEqual(info('[Application]\nname=a\n[Application]\nname=b\n'), { name: 'a', id: null, image: null });
    for (const text of ['', instance, '[Application]\nname=\n', '\u0000'.repeat(100)]) assert.equal(info(text), null);
    assert.equal(flatpakFacts(folder, UID + 1), null);
    assert.equal(flatpakFacts(join(folder, 'none'), UID), null);
    const elsewhere = write('elsewhere', '[Application]\nname=a\n');
    rmSync(join(folder, 'root/.flatpak-info'));
    symlinkSync(elsewhere, join(folder, 'root/.flatpak-info'));
    assert.equal(flatpakFacts(folder, UID), null);
  });

  it('gives name, project and image of LXD’s and Incus’s containers', () => {
    const lxc = (name: string, engine: 'lxc' | 'lxd' | 'incus' = 'incus', containers = '/c'): object => {
      const found = lxcFacts({ minder: { kind: 'lxc', engine, name, containers }, folder, uid: UID });
      return { name: found.name, id: found.id, labels: found.labels, image: found.image };
    };
    const backup = (name: string, image: string): void => {
      const config = `container:\n  config:\n    image.description: ${image}\n    image.os: x\n`;
      write(`root/c/${name}/backup.yaml`, `${config}pool:\n  config:\n    image.description: other\n`);
    };
    backup('web', 'Debian bookworm amd64 (20231101_05:24)');
    backup('shop_web', `'it''s: "small"'`);
    backup('shop_db', '"\\e[2J\\n"');
    backup('shop_long', '"it goes on');
    const labels = { project: 'default' };
    const image = 'Debian bookworm amd64 (20231101_05:24)';
    assert.deepEqual(lxc('web'), { name: 'web', id: 'web', labels, image });
    assert.deepEqual(lxc('web', 'lxc'), { name: 'web', id: 'web', labels: {}, image: null });
    assert.deepEqual(lxc('none', 'lxd'), { name: 'none', id: 'none', labels, image: null });
    assert.deepEqual(lxc('web', 'lxd', '/c/../c'), { name: 'web', id: 'web', labels, image: null });
    const shop = { project: 'shop' };
    assert.deepEqual(lxc('shop_web'), { name: 'web', id: 'shop_web', labels: shop, image: `it's: "small"` });
    // YAML knows more escapes than JSON; what is not understood is left out.
    assert.deepEqual(lxc('shop_db'), { name: 'db', id: 'shop_db', labels: shop, image: null });
    assert.deepEqual(lxc('shop_long'), { name: 'long', id: 'shop_long', labels: shop, image: null });
  });

  it('gives the engine of a user’s own by what runs beside it', () => {
    assert.equal(rootlessName(['exe', 'slirp4netns', 'containerd', 'dockerd']), 'rootless Docker');
    assert.equal(rootlessName(['exe', 'containerd']), 'rootless containerd');
    for (const program of ['catatonit', 'podman', 'conmon']) assert.equal(rootlessName([program]), 'rootless Podman');
    assert.equal(rootlessName(['exe', 'sleep']), null);
  });

  it('tells a paused container by its cgroup, of whatever version', () => {
    const paused = (...paths: string[]): boolean => new Freezer(folder).isFrozen(paths);
    write('two/cgroup.events', 'populated 1\nfrozen 1\n');
    write('runs/cgroup.events', 'populated 1\nfrozen 0\n');
    write('unified/beside/cgroup.events', 'populated 1\nfrozen 1\n');
    write('freezer/one/freezer.state', 'FROZEN\n');
    write('freezer/runs/freezer.state', 'THAWED\n');
    write('cgroup.events', 'frozen 1\n');
    // What has the name of a file of the kernel's does not count where no such hierarchy is mounted.
    for (const path of ['/two', '/beside', '/one']) assert.ok(!paused('/other', path), path);
    for (const mark of ['cgroup.controllers', 'unified/cgroup.controllers', 'freezer/cgroup.procs']) write(mark, '');
    for (const path of ['/two', '/beside', '/one']) assert.ok(paused('/other', path), path);
    for (const path of ['/runs', '/none', '/', '/../two']) assert.ok(!paused(path), path);
    assert.ok(!paused());
  });
});

describe('scan: cgroup layouts', () => {
  const layouts: [what: string, text: string, engine: string, id: string][] = [
    ['v1, Docker', `4:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`, 'docker', ID],
    [
      'hybrid, v1 behind',
      `4:memory:/\n1:name=systemd:/libpod_parent/libpod-${ID}\n0::/libpod_parent/libpod-${ID}\n`,
      'podman',
      ID,
    ],
    ['hybrid, nspawn', '4:memory:/\n0::/machine.slice/machine-m1.scope/payload\n', 'nspawn', 'm1'],
    ['v2 with systemd, Docker', `0::/system.slice/docker-${ID}.scope\n`, 'docker', ID],
    ['v2 with systemd, a Podman unit', `0::/system.slice/web.service/libpod-payload-${ID}\n`, 'podman', ID],
    [
      'v2 with systemd, rootless Podman',
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
      'podman',
      ID,
    ],
    ['Kubernetes, cgroupfs', `0::/kubepods/besteffort/pod1111-22/${ID}\n`, 'kubernetes', ID],
    [
      'Kubernetes, systemd and containerd',
      `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1111_22.slice/cri-containerd-${ID}.scope\n`,
      'kubernetes',
      ID,
    ],
    ['Kubernetes, CRI-O', `0::/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope\n`, 'kubernetes', ID],
    ['Docker in a container of Docker', `0::/docker/${OTHER}/docker/${ID}\n`, 'docker', ID],
  ];
  for (const [what, text, engine, id] of layouts) {
    it(what, () => {
      const { owner } = new Cgroups().parse(text);
      assert.deepEqual([owner?.engine, owner?.id], [engine, id]);
    });
  }

  it('takes no owner from what is none', () => {
    for (const text of ['', '0::/\n', 'garbage', '0::/user.slice/x.service\n', `0::/${ID.slice(1)}\n`]) {
      assert.equal(new Cgroups().parse(text).owner, null, text);
    }
    assert.equal(cgroupOwner([]), null);
  });
});
