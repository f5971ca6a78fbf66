// The parsers of /proc's files and of cgroup paths, with the layouts of each engine.
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { cgroupOwner, cgroupService, parseCgroupPaths } from '../../helper/scan/cgroup';
import {
  parseArguments,
  parseMounts,
  parseNamespaceLink,
  parseNamespaceMount,
  parseNamespaceName,
  parseStat,
  parseStatInStatus,
  parseStatus,
  textOf,
} from '../../helper/scan/parse';

const whole = fc.nat();

describe('scan: the text of /proc', () => {
  it('reads a stat line whatever the command holds', () => {
    // A process gives itself such a name to look like another's parent or age.
    const hostile = fc.oneof(fc.string(), fc.constantFrom(') (', ') S 1 1 1', 'a\nb', ')', '(', ''));
    fc.assert(
      fc.property(hostile, whole, whole, whole, fc.boolean(), (command, pid, parent, start, kernelThread) => {
        const flags = kernelThread ? 0x00208040 : 0x00400100;
        const zeros = '0 '.repeat(12);
        const text = `${pid} (${command}) S ${parent} 5 5 0 -1 ${flags} ${zeros}${start} 4096 7\n`;
        assert.deepEqual(parseStat(text), { command, state: 'S', parentPid: parent, kernelThread, startTime: start });
      }),
    );
  });

  it('reads a real stat line', () => {
    const text =
      '6472 (init (x) y) S 6471 6472 6472 0 -1 4194560 113 0 0 0 0 0 0 0 20 0 1 0 86588 2621440 231 18446744073709551615 1\n';
    const expected = { command: 'init (x) y', state: 'S', parentPid: 6471, kernelThread: false, startTime: 86588 };
    assert.deepEqual(parseStat(text), expected);
  });

  it('refuses what is no stat line, in whole or cut off', () => {
    for (const text of ['', 'x', '1 (a) S 1', ')(', '1 (a', `1 (a) S x ${'0 '.repeat(30)}`]) {
      assert.throws(() => parseStat(text), SyntaxError, text);
    }
  });

  it('reads effective uid and all pids from status', () => {
    fc.assert(
      fc.property(whole, whole, fc.array(whole, { minLength: 1, maxLength: 32 }), (real, effective, pids) => {
        const text = `Name:\tUid:\\nUid:\nUid:\t${real}\t${effective}\t0\t0\nNStgid:\t9\nNSpid:\t${pids.join('\t')}\nVmPeak:\t 1 kB\n`;
        assert.deepEqual(parseStatus(text), { uid: effective, pids });
      }),
    );
    assert.throws(() => parseStatus('Name:\tx\n'), SyntaxError);
    assert.throws(() => parseStatus('Uid:\t0\t0\t0\t0\n'), SyntaxError);
  });

  it('reads in status what stat has, whatever a process calls itself', () => {
    for (const name of ['plain', 'a (b) c', 'a\nb', 'back\\slash', '\\n\\', 'PPid:\t1', 'grün', '\\\n']) {
      const script = `
        fs.writeFileSync('/proc/self/comm', process.argv[1]);
        for (const file of ['stat', 'status']) process.stdout.write(fs.readFileSync('/proc/self/' + file) + '\\0');`;
      const { stdout } = spawnSync(process.execPath, ['-e', script, name]);
      const [stat = '', status = ''] = stdout.toString('latin1').split('\0');
      const expected = parseStat(Buffer.from(stat, 'latin1').toString());
      assert.equal(expected.command, name);
      assert.deepEqual(parseStatInStatus(status), { ...expected, startTime: Infinity });
    }
    assert.throws(() => parseStatInStatus('Name:\tx\nState:\tS (sleeping)\n'), SyntaxError);
    assert.throws(() => parseStatInStatus('Name:\tx\nPPid:\t1\n'), SyntaxError);
  });

  it('reads the inode of a namespace link and nothing else', () => {
    assert.equal(parseNamespaceLink('net:[4026531840]', 'net'), 4026531840);
    for (const text of ['', 'net:', 'net:[]', 'net:[1', 'net:[1] (deleted)', 'net:[-1]', '/etc/passwd', 'net:[1]\n']) {
      assert.throws(() => parseNamespaceLink(text, 'net'), SyntaxError, JSON.stringify(text));
    }
  });

  it('reads the arguments of a command line, of which any may be empty', () => {
    const argument = fc.string().filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1 }), (argv) => {
        assert.deepEqual(parseArguments(argv.map((text) => `${text}\0`).join('')), argv);
      }),
    );
    assert.deepEqual(parseArguments(''), []);
    assert.deepEqual(parseArguments('[lxc monitor] /var/lib/lxc web'), ['[lxc monitor] /var/lib/lxc web']);
  });

  it('takes for a namespace only what the kernel writes for one', () => {
    assert.deepEqual(parseNamespaceName('net:[4026531840]'), { type: 'net', inode: 4_026_531_840 });
    for (const name of ['socket:x', '/dev/null', 'anon_inode:[eventfd]', 'net:[]', ':[1]', 'net:[1', 'net:[0]']) {
      assert.equal(parseNamespaceName(name), null, name);
    }
  });

  it('reads the bind mount of a namespace, whatever its path is', () => {
    const line = '30 27 0:4 net:[4026532280] /run/netns/a\\040b\\134c rw shared:1 - nsfs nsfs rw';
    assert.deepEqual(parseNamespaceMount(line), { name: 'net:[4026532280]', path: Buffer.from('/run/netns/a b\\c') });
  });

  it('makes text of names, whatever their bytes are, and two names never alike but for what is text already', () => {
    assert.equal(textOf(Buffer.from('blåbær\\x')), 'blåbær\\x');
    assert.equal(textOf(Buffer.from('a\xff\\\xe4', 'latin1')), 'a\\xff\\\\\\xe4');
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (one, other) => {
        const [a, b] = [Buffer.from(one), Buffer.from(other)];
        assert.equal(textOf(a) === textOf(b) && isUtf8(a) === isUtf8(b), a.equals(b));
      }),
    );
  });

  it('reads mount ids and what / shows, also where the text is cut off', () => {
    const text =
      '22 27 0:21 / /proc rw - proc proc rw\n27 1 254:0 /rootfs / rw,relatime shared:1 - ext4 /dev/vda rw\n40 27 0:5 / /de';
    assert.deepEqual(parseMounts(text), { ids: [22, 27, 40], root: '254:0 /rootfs' });
    assert.deepEqual(parseMounts('22 27 0:21 / /proc rw - proc proc rw\n4'), { ids: [22], root: null });
    assert.deepEqual(parseMounts(''), { ids: [], root: null });
  });
});

const ID = '86474c30bb44121b26d68dabf9028601fc5983306e94ece6b061028fd6e874b2';
const OTHER = 'e1fed63eaaf7000000000000000000000000000000000000000000000000cafe';
const SHORT = '86474c30bb44';

describe('scan: whose container a cgroup path names', () => {
  const cases: [path: string, engine: string, id: string, name: string][] = [
    [`/docker/${ID}`, 'docker', ID, SHORT],
    [`/system.slice/docker-${ID}.scope`, 'docker', ID, SHORT],
    [`/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope/init`, 'docker', ID, SHORT],
    [`/docker/${OTHER}/docker/${ID}`, 'docker', ID, SHORT],
    [`/docker/${ID}/system.slice/nginx.service`, 'docker', ID, SHORT],
    [`/libpod_parent/libpod-${ID}`, 'podman', ID, SHORT],
    [`/machine.slice/libpod-${ID}.scope/container`, 'podman', ID, SHORT],
    [`/kubepods/besteffort/pod0-1/${ID}`, 'kubernetes', ID, SHORT],
    [
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0_1.slice/cri-containerd-${ID}.scope`,
      'kubernetes',
      ID,
      SHORT,
    ],
    [`/kubepods.slice/kubepods-pod0_1.slice/crio-${ID}.scope`, 'kubernetes', ID, SHORT],
    [`/system.slice/containerd.service/kubepods-burstable-pod0_1.slice:cri-containerd:${ID}`, 'kubernetes', ID, SHORT],
    [`/kubepods-pod0_1.slice:crio:${ID}`, 'kubernetes', ID, SHORT],
    [`/system.slice:docker:${ID}`, 'docker', ID, SHORT],
    [`/machine.slice:libpod:${ID}`, 'podman', ID, SHORT],
    ['/lxc.payload.lx1', 'lxc', 'lx1', 'lx1'],
    ['/lxc.payload.lx1/system.slice/ssh.service', 'lxc', 'lx1', 'lx1'],
    ['/lxc.payload/lx1', 'lxc', 'lx1', 'lx1'],
    ['/lxc/lx1', 'lxc', 'lx1', 'lx1'],
    ['/machine.slice/machine-my\\x2dvm.scope/payload', 'nspawn', 'my-vm', 'my-vm'],
    ['/machine.slice/systemd-nspawn@m1.service/payload/init.scope', 'nspawn', 'm1', 'm1'],
    ['/buildkit/abcdefghijklmnopqrstuvwxy', 'buildkit', 'abcdefghijklmnopqrstuvwxy', 'abcdefghijklmnopqrstuvwxy'],
    [`/somewhere.slice/${ID}`, 'container', ID, SHORT],
  ];
  for (const [path, engine, id, name] of cases) {
    it(`${path} is ${engine} ${name}`, () => {
      assert.deepEqual(cgroupOwner([path]), { engine, id, name });
    });
  }

  const nobodys = [
    '/',
    '/user.slice/user-1000.slice/session-1.scope',
    '/system.slice/docker.service',
    '/docker',
    `/system.slice/docker-${ID.slice(1)}.scope`,
    `/machine.slice/libpod-conmon-${ID}.scope`,
    `/machine.slice/crio-conmon-${ID}.scope`,
    `/a.slice:other:${ID}`,
    '/lxc.monitor.lx1',
    '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator',
    '/machine.slice/machine-m1.scope/supervisor',
  ];
  for (const path of nobodys) {
    it(`${path} is no container`, () => {
      assert.equal(cgroupOwner([path]), null);
    });
  }

  it('prefers the unified hierarchy, then systemd’s, to the others', () => {
    const text = `4:memory:/elsewhere\n1:name=systemd:/docker/${ID}\n0::/lxc.payload.a:b\n`;
    assert.deepEqual(parseCgroupPaths(text), ['/lxc.payload.a:b', `/docker/${ID}`, '/elsewhere']);
    assert.equal(cgroupOwner(parseCgroupPaths(text))?.engine, 'lxc');
    assert.equal(cgroupOwner(parseCgroupPaths(`4:memory:/\n1:name=systemd:/docker/${ID}\n0::/\n`))?.engine, 'docker');
  });

  it('knows a unit’s own cgroup, but not one below', () => {
    assert.equal(cgroupService(['/system.slice/my\\x2dapp.service']), 'my-app.service');
    assert.equal(cgroupService(['/user.slice/user-0.slice/user@0.service/session.slice']), null);
    assert.equal(cgroupService([]), null);
  });

  it('never throws, whatever the path', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('docker', 'payload', 'lxc', ID, 'lxc.payload.')), {
          maxLength: 6,
        }),
        (parts) => {
          const paths = parseCgroupPaths(`0::/${parts.join('/')}\n`);
          const owner = cgroupOwner(paths);
          assert.ok(owner === null || owner.id !== '');
        },
      ),
    );
  });
});
