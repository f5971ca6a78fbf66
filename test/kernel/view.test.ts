// What is made to fit the joined network and processes where the files stay the host's; that each part can be switched off;
// that a hostile container's files neither block nor get in; and that the host's own mounts are never touched.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { capture, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { skip } from '../support/skip';
import { enterCat, HELPER, inodesOf, NODE } from './support';
import { shareMounts, type SharedMounts } from './supportMounts';

const RESOLV_CONF = '/etc/resolv.conf';
const text = (path: string): string => readFileSync(path, 'utf8');

const pointOf = (line: string): string => line.split(' ')[4] ?? '';

describe('enter: the view', () => {
  let folder: string;
  /** Has a network with an interface, a filesystem with DNS files of its own, and processes of its own. */
  let box: Sandbox;
  /** The host's, among which the helper is started. */
  let host: SharedMounts;
  let mounts: string[];
  const undo: (() => unknown)[] = [];
  const file = (name: string): string => join(folder, name);
  const onHost = async (...argv: string[]): Promise<string> => {
    const [program = '', ...args] = host.inside(argv);
    return run(program, args);
  };

  /** A sandbox in whose mount namespace a script has run; `ready` is there once it has. */
  async function boxAfter(script: string, types: readonly NamespaceName[]): Promise<Sandbox> {
    const ready = file(randomBytes(4).toString('hex'));
    const whole = `${script}\ntouch ${ready}; exec -a sandbox sleep 1000`;
    const made = await startSandbox({
      types: ['mnt', ...types],
      command: ['bash', '-euc', whole],
      address: '10.77.3.5/24',
    });
    await waitFor(`the sandbox to run ${script}`, () => existsSync(ready));
    return made;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-view-'));
    undo.push(() => {
      rmSync(folder, { recursive: true });
    });
    host = await shareMounts();
    undo.push(() => host.stop());
    mounts = host.list();
    writeFileSync(file('resolv.conf'), 'nameserver 192.0.2.53\n');
    writeFileSync(file('hosts'), '192.0.2.9 lns.example\n');
    const script = `mount --bind ${file('resolv.conf')} /etc/resolv.conf; mount --bind ${file('hosts')} /etc/hosts`;
    box = await boxAfter(script, ['net', 'pid']);
    undo.push(() => box.stop());
  });
  after(async () => {
    for (const step of undo.reverse()) await step();
  });
  afterEach(() => {
    assert.deepEqual(host.list(), mounts, 'the host’s mounts have changed');
  });

  const into = (types: string, ...rest: string[]): string[] => ['--target', String(box.pid), '--join', types, ...rest];
  async function seen(args: string[], ...command: string[]): Promise<string> {
    const [program = '', ...rest] = host.inside([NODE, '--', HELPER, 'enter', ...args, '--', ...command]);
    const { code, stdout, stderr } = await capture(program, rest);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    return stdout;
  }

  describe('of the network', () => {
    it('/sys/class/net has exactly its devices', async () => {
      const links = await run('nsenter', [`--target=${box.pid}`, '--net', '--', 'ip', '-o', 'link']);
      const devices = [...links.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name = '']) => name).sort();
      assert.deepEqual(devices, ['eth0', 'eth0-peer', 'lo']);
      assert.deepEqual((await seen(into('net'), 'ls', '/sys/class/net')).trim().split('\n').sort(), devices);
    });

    it('what is mounted below /sys is still there', async () => {
      // The host's own are still listed, below the new /sys.
      const points = (mountinfo: string): string[] =>
        [...new Set(mountinfo.split('\n').map(pointOf))].filter((point) => point.startsWith('/sys/')).sort();
      const inside = points(await seen(into('net'), 'cat', '/proc/self/mountinfo'));
      assert.deepEqual(inside, points(text('/proc/self/mountinfo')));
      assert.deepEqual(
        (await seen(into('net'), 'ls', '/sys/fs/cgroup')).trim().split('\n').sort(),
        readdirSync('/sys/fs/cgroup').sort(),
      );
    });

    it('resolv.conf and hosts are its container’s, all else is the host’s', async () => {
      assert.equal(
        await seen(into('net'), 'cat', RESOLV_CONF, '/etc/hosts'),
        text(file('resolv.conf')) + text(file('hosts')),
      );
      assert.equal(await seen(into('net'), 'cat', '/etc/passwd'), text('/etc/passwd'));
      // Their way into place leads through /tmp.
      assert.equal(await seen(into('net'), 'cat', file('hosts')), text(file('hosts')));
      assert.match(await seen(into('net'), 'getent', 'hosts', 'lns.example'), /^192\.0\.2\.9 /);
    });

    it('who has the target’s own files has nothing mounted over them', async () => {
      const own = text(`/proc/${box.pid}/mountinfo`);
      assert.equal(await seen(into('net,mnt'), 'cat', '/proc/1/mountinfo'), own);
    });

    for (const [views, dns, sys] of [
      ['none', false, false],
      ['dns', true, false],
      ['sys', false, true],
      ['proc', false, false],
      ['dns,sys', true, true],
    ] as const) {
      it(`--view ${views}`, async () => {
        const args = into('net', '--view', views);
        assert.equal(await seen(args, 'cat', RESOLV_CONF), text(dns ? file('resolv.conf') : RESOLV_CONF));
        const devices = (await seen(args, 'ls', '/sys/class/net')).includes('eth0-peer');
        assert.equal(devices, sys);
      });
    }

    it('where there is nothing to fit, the command is in the caller’s own mount namespace', async () => {
      for (const args of [into('net', '--view', 'none'), into('uts'), into('net,pid,mnt', '--view', 'none')]) {
        const expected = args.includes('net,pid,mnt') ? inodesOf(box.pid).mnt : inodesOf('self').mnt;
        assert.equal(await enterCat(args, (cat) => inodesOf(cat).mnt), expected);
      }
    });
  });

  describe('where the host resolves names by a service of its own', () => {
    /** Stands in for such a host, in a mount namespace of its own. */
    async function onSuchHost(script: string, ...command: string[]): Promise<string> {
      const prepare = `mkdir ${file('etc')}; mount -t tmpfs none ${file('etc')}; cp -a /etc/. ${file('etc')}
        mount --bind ${file('etc')} /etc; mount -t tmpfs none /run; mkdir -p /run/systemd/resolve /run/nscd
        ${script}; exec "$@"`;
      const inside = [NODE, '--', HELPER, 'enter', ...into('net'), '--', ...command];
      try {
        return await run('unshare', ['--mount', '--', 'sh', '-euc', prepare, 'sh', ...inside]);
      } finally {
        rmSync(file('etc'), { recursive: true });
      }
    }
    const RESOLVED = `ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
      echo 'nameserver 127.0.0.53' > /run/systemd/resolve/stub-resolv.conf
      touch /run/systemd/resolve/io.systemd.Resolve /run/nscd/socket`;

    it('systemd-resolved: the container’s resolv.conf, through the link', async () => {
      assert.equal(await onSuchHost(RESOLVED, 'cat', RESOLV_CONF), text(file('resolv.conf')));
    });

    it('and its socket, and nscd’s, which answer for the host, cannot be reached', async () => {
      const found = await onSuchHost(RESOLVED, 'find', '/run/systemd/resolve', '/run/nscd', '-type', 'f');
      assert.equal(found, '/run/systemd/resolve/stub-resolv.conf\n');
    });

    it('a host without resolv.conf, or with a link to nothing, keeps its own', async () => {
      for (const change of ['rm -f /etc/resolv.conf', 'ln -sf nothing /etc/resolv.conf']) {
        assert.equal(await onSuchHost(change, 'sh', '-c', 'test -e /etc/resolv.conf || echo none'), 'none\n');
        assert.equal(await onSuchHost(change, 'cat', '/etc/hosts'), text(file('hosts')));
      }
    });
  });

  describe('of a network with a name', () => {
    const name = `lns-${randomBytes(3).toString('hex')}`;
    const config = `/etc/netns/${name}`;
    const hadFolder = existsSync('/etc/netns');
    before(async () => {
      await onHost('ip', 'netns', 'add', name);
      mounts = host.list();
    });
    after(async () => {
      await onHost('ip', 'netns', 'delete', name);
      mounts = host.list();
    });
    beforeEach(() => {
      mkdirSync(config, { recursive: true, mode: 0o755 });
    });
    afterEach(() => {
      rmSync(config, { recursive: true });
      if (!hadFolder) rmSync('/etc/netns', { recursive: true });
    });
    const named = ['--file', `net=/run/netns/${name}`];

    it('its files in /etc/netns replace those in /etc, as ip netns exec has it', async () => {
      writeFileSync(join(config, 'resolv.conf'), 'nameserver 192.0.2.54\n');
      writeFileSync(join(config, 'hosts'), '192.0.2.10 named.example\n');
      for (const path of [RESOLV_CONF, '/etc/hosts']) {
        const expected = await onHost('ip', 'netns', 'exec', name, 'cat', path);
        assert.notEqual(expected, text(path));
        assert.equal(await seen(named, 'cat', path), expected);
        assert.equal(await seen([...named, '--view', 'sys'], 'cat', path), text(path));
      }
    });

    it('nothing that others than root could have put there is believed', async () => {
      for (const [path, mode] of [
        [join(config, 'hosts'), 0o666],
        [config, 0o777],
      ] as const) {
        writeFileSync(join(config, 'hosts'), '192.0.2.11 evil.example\n');
        await run('chmod', [mode.toString(8), path]);
        assert.equal(await seen(named, 'cat', '/etc/hosts'), text('/etc/hosts'), path);
        await run('chmod', ['755', config]);
      }
    });

    it('nor what a link leads to by way of a folder in which others can make links', async () => {
      const folder = mkdtempSync('/etc/lns-links-');
      try {
        writeFileSync(join(folder, 'hosts'), '192.0.2.12 linked.example\n');
        mkdirSync(join(folder, 'links'));
        await run('ln', ['-s', join(folder, 'hosts'), join(folder, 'links/hosts')]);
        await run('ln', ['-s', join(folder, 'links/hosts'), join(config, 'hosts')]);
        await run('chmod', ['-R', 'u=rwX,go=rX', folder]);
        assert.equal(await seen(named, 'cat', '/etc/hosts'), text(join(folder, 'hosts')));
        await run('chmod', ['777', join(folder, 'links')]);
        assert.equal(await seen(named, 'cat', '/etc/hosts'), text('/etc/hosts'));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('a file that the host has not is left out', async () => {
      writeFileSync(join(config, 'lns-nothing'), '');
      await seen(named, 'test', '!', '-e', '/etc/lns-nothing');
    });
  });

  describe('of processes', () => {
    // fs/proc/root.c takes the option pidns since 6.17.
    const [major = 0, minor = 0] = release().split('.').map(Number);
    const able = major > 6 || (major === 6 && minor >= 17);

    it('/proc has exactly the joined ones', async function () {
      if (!able) return skip(this, 'Linux 6.17 or later can show a joined pid namespace');
      const listed = await seen(into('pid'), 'sh', '-c', 'echo /proc/[0-9]*; echo $$');
      const [entries = '', self = ''] = listed.trim().split('\n');
      assert.deepEqual(entries.split(' ').sort(), ['/proc/1', `/proc/${self}`].sort());
    });

    it('--view dns: /proc is the host’s', async () => {
      const listed = await seen(into('pid', '--view', 'dns'), 'sh', '-c', 'echo /proc/[0-9]*');
      assert.ok(listed.trim().split(' ').includes(`/proc/${process.pid}`), listed);
    });

    it('of a new pid namespace: the command alone, as its first', async () => {
      const listed = await seen(['--new', 'pid'], 'sh', '-c', 'echo /proc/[0-9]* $$');
      assert.equal(listed, '/proc/1 1\n');
    });
  });

  describe('of a hostile container', () => {
    // Each puts something else than a small file in the place of resolv.conf, and in none of them may anything of the
    // host's, such as its hostname file, be found.
    const HOSTILE: [string, string][] = [
      ['a FIFO that nobody writes to', 'mkfifo resolv.conf'],
      ['a device that never ends', 'mknod resolv.conf c 1 5'],
      ['a terminal', 'mknod resolv.conf c 5 0'],
      ['a folder', 'mkdir resolv.conf'],
      ['a socket', 'perl -MIO::Socket::UNIX -e "IO::Socket::UNIX->new(Listen=>1,Local=>q(resolv.conf))"'],
      ['a file of 1 GiB', 'truncate -s 1G resolv.conf'],
      ['a link to nothing', 'ln -s nothing resolv.conf'],
      ['a link to itself', 'ln -s resolv.conf resolv.conf'],
      ['a link out of its root', 'ln -s ../../../../../../etc/hostname resolv.conf'],
      ['a link through /proc', 'ln -s /proc/1/root/etc/hostname resolv.conf'],
      ['a link through a descriptor', 'ln -s /proc/self/fd/0 resolv.conf'],
      ['nothing', 'true'],
    ];
    for (const [what, make] of HOSTILE) {
      it(`${what} as resolv.conf: the host’s stays`, async () => {
        // /etc of the sandbox alone; /dev/null devices are refused on it, but mknod(2) is not.
        const script = `mount -t tmpfs none /etc; cd /etc; ${make}; cd /`;
        const hostile = await boxAfter(script, ['net']);
        try {
          const args = ['--target', String(hostile.pid), '--join', 'net'];
          assert.equal(await seen(args, 'cat', RESOLV_CONF), text(RESOLV_CONF));
        } finally {
          await hostile.stop();
        }
      });
    }

    it('whose root is another: what is outside of it is not found through ..', async () => {
      const root = file('root');
      mkdirSync(join(root, 'etc'), { recursive: true });
      writeFileSync(file('outside'), 'nameserver 192.0.2.99\n');
      await run('ln', ['-s', '../../outside', join(root, 'etc/resolv.conf')]);
      for (const name of ['usr', 'bin', 'lib', 'lib64']) mkdirSync(join(root, name));
      const script = `for d in usr bin lib lib64; do mount --bind /$d ${root}/$d; done
        exec chroot ${root} bash -c "exec -a sandbox sleep 1000"`;
      const made = await startSandbox({ types: ['mnt', 'net'], command: ['bash', '-euc', script] });
      try {
        await waitFor('chroot', () => text(`/proc/${made.pid}/comm`) === 'sleep\n');
        assert.equal(statSync(`/proc/${made.pid}/root/etc`).ino, statSync(join(root, 'etc')).ino);
        const args = ['--target', String(made.pid), '--join', 'net'];
        assert.equal(await seen(args, 'cat', RESOLV_CONF), text(RESOLV_CONF));
      } finally {
        await made.stop();
      }
    });

    it('text that is no configuration is passed on as text, and nothing else', async () => {
      const evil = 'search $(touch /tmp/lns-evil) `id`\\n\\033[2J\\nnameserver 192.0.2.1';
      const hostile = await boxAfter(`mount -t tmpfs none /etc; printf '${evil}' > /etc/resolv.conf`, ['net']);
      try {
        const found = await seen(['--target', String(hostile.pid), '--join', 'net'], 'cat', RESOLV_CONF);
        assert.equal(found, 'search $(touch /tmp/lns-evil) `id`\n\u001b[2J\nnameserver 192.0.2.1');
        assert.ok(!existsSync('/tmp/lns-evil'));
      } finally {
        await hostile.stop();
      }
    });
  });
});
