// The pages: what is read from /proc as the kernel prints it, and that no stranger's text leaves its line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { capabilityNames } from '../../extension/inspect/capabilities';
import { diagnosisPage, readFindings } from '../../extension/inspect/diagnosis';
import { inspectionPage } from '../../extension/inspect/inspection';
import { type InNamespace, filesFor, namespacePage, witnessOf } from '../../extension/inspect/namespacePage';
import { parseMounts } from '../../extension/inspect/mounts';
import { formatPage } from '../../extension/inspect/page';
import { FILES, type ProcessFiles, readProcess } from '../../extension/inspect/processFiles';
import { parseRoutes, parseRoutes6 } from '../../extension/inspect/routes';
import { parseSockets } from '../../extension/inspect/sockets';
import { describeCapabilities, statusField } from '../../extension/inspect/status';
import type { Namespace } from '../../extension/model/container';
import { makeContainer, makeNamespace } from './containerFixture';

const STATUS = `Name:\tnginx
Uid:\t101\t101\t101\t101
Gid:\t101\t101\t101\t101
Groups:\t101 200
CapEff:\t0000000000000000
CapBnd:\t00000000a80425fb
NoNewPrivs:\t1
Seccomp:\t2
`;
/** Of a process in a container. */
const NGINX: ProcessFiles = {
  status: STATUS,
  uid_map: '         0     100000      65536\n',
  gid_map: '         0     100000      65536\n',
  cgroup: '0::/system.slice/docker-abc.scope\n',
  'net/fib_trie': 'Main:\n     |-- 172.17.0.2\n        /32 host LOCAL\n',
  'net/route': 'eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n',
  'net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fd${'0'.repeat(29)}1 00000400 00000003 00000000 00000003     eth0\n`,
  'net/tcp': '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 51 1 0 100\n',
};
const namespace = (type: Namespace['type'], more: Partial<Namespace> = {}): Namespace => makeNamespace(type, 5, more);
const inside = (more: Partial<InNamespace> = {}): InNamespace => ({
  containers: [makeContainer('web', { net: 5 })],
  processes: [{ pid: 7, command: 'nginx: master' }],
  seenBy: null,
  ...more,
});
/** A line of the page that begins with this. */
const lineWith = (text: string): RegExp => new RegExp(`^ {2}${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'm');
const NO_FILES = Object.fromEntries(FILES.map((name) => [name, null])) as ProcessFiles;

describe('inspection', () => {
  it('names capabilities as capsh(1) does', () => {
    assert.deepEqual(
      capabilityNames('00000000a80425fb').join(),
      'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap',
    );
    assert.deepEqual(capabilityNames('8000000000000000'), ['cap_63']);
    assert.deepEqual(capabilityNames('nonsense'), []);
    assert.equal(describeCapabilities('CapEff:\t000001ffffffffff', 'CapEff'), 'all');
    assert.equal(describeCapabilities('CapEff:\t000001fffeffffff', 'CapEff'), 'all but sys_resource');
    assert.match(describeCapabilities(STATUS, 'CapBnd'), /^chown, .*, setfcap$/);
    assert.equal(describeCapabilities(STATUS, 'CapEff'), 'none');
    assert.equal(statusField(STATUS, 'Groups'), '101 200');
    assert.equal(statusField(STATUS, 'Cap'), null);
  });

  it('finds listening sockets and no others', () => {
    const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 51 1 0 100 0 0 10 0
   1: 0300A8C0:9C40 0100A8C0:0050 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
`;
    assert.deepEqual(parseSockets('tcp', tcp), [
      { protocol: 'tcp', address: '127.0.0.1', port: 8080, uid: 101, inode: 51 },
    ]);
    const tcp6 =
      '   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 3 1\n';
    assert.deepEqual(parseSockets('tcp6', tcp6), [{ protocol: 'tcp6', address: '::1', port: 80, uid: 0, inode: 3 }]);
    assert.deepEqual(parseSockets('udp', '  9: 00000000:0035 00000000:0000 07 0:0 0:0 0 0 0 3 1\n'), [
      { protocol: 'udp', address: '0.0.0.0', port: 53, uid: 0, inode: 3 },
    ]);
  });

  it('reads routes and mounts', () => {
    const routes = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;
    assert.deepEqual(parseRoutes(routes), ['default via 172.17.0.1 dev eth0', '172.17.0.0/16 dev eth0']);
    const routes6 = `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003     eth0
fd000000000000000000000000000002 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000003 00000000 80200001     eth0
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;
    assert.deepEqual(parseRoutes6(routes6), ['fd00::/64 dev eth0', 'default via fd00::1 dev eth0']);
    const mounts = `36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
37 35 0:5 / /proc rw - proc proc rw
`;
    assert.deepEqual(parseMounts(mounts), [
      { point: '/mnt 2', type: 'ext3', source: '/dev/root', options: 'rw,noatime' },
      { point: '/proc', type: 'proc', source: 'proc', options: 'rw' },
    ]);
  });

  it('of a living process says the same as ip(8), readlink(1) and id(1)', async () => {
    const page = inspectionPage(makeContainer('me', { net: 1 }, { pid: process.pid }), await readProcess(process.pid));
    const addresses = execFileSync('ip', ['-o', '-4', 'addr', 'show', 'scope', 'global'], { encoding: 'utf8' });
    for (const [, address = ''] of addresses.matchAll(/inet ([0-9.]+)/g))
      assert.ok(page.includes(`  ${address}\n`), page);
    assert.match(page, new RegExp(`user IDs +${process.getuid?.() ?? 0} `));
    assert.match(page, /\n {2}\/proc +proc +proc /);
    assert.doesNotMatch(page, /Could not be read/);
    const routes = execFileSync('ip', ['-o', '-6', 'route', 'show', 'type', 'unicast'], { encoding: 'utf8' });
    for (const [route] of routes.matchAll(/^\S+(?: via \S+)? dev \S+/gm)) assert.match(page, lineWith(route));
  });

  it('of a process shows its capabilities, control groups, id maps, routes and listening sockets', () => {
    const page = inspectionPage(makeContainer('web', { net: 1 }, { pid: 7 }), { ...NO_FILES, ...NGINX });
    for (const line of [
      'capabilities  none',
      'bounding set  chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap',
      'user ID map   0 100000 65536',
      '0::/system.slice/docker-abc.scope',
      'default via 172.17.0.1 dev eth0',
      'default via fd00::1 dev eth0',
      'tcp  8080  127.0.0.1',
    ])
      assert.ok(page.split('\n').includes(`  ${line}`), `${line}\nis not in\n${page}`);
  });

  it('of one that is stopped is what its engine tells', () => {
    const page = inspectionPage(makeContainer('old', {}, { id: 'abc', state: 'exited', image: 'nginx', pid: 0 }), null);
    assert.equal(page, 'old (docker)\n\nContainer\n  id     abc\n  state  exited\n  image  nginx\n  user   root\n');
  });

  it('of a network namespace shows who is in it, what keeps it, addresses, routes and sockets', () => {
    const page = namespacePage(
      namespace('net', { owner: 9, pids: [7, 8], heldBy: ['/run/netns/blue'] }),
      inside({ seenBy: { pid: 7, files: { ...NGINX, mountinfo: null } } }),
    );
    for (const part of [
      /^net:\[5\] — network devices/,
      /^ {2}owner +user:\[9\]$/m,
      /^ {2}web +docker +running$/m,
      /^ {2}7 +nginx: master$/m,
      /^ {2}and 1 more$/m,
      /^Held by\n {2}\/run\/netns\/blue$/m,
      /^ {2}172\.17\.0\.2$/m,
      /^ {2}default via fd00::1 dev eth0$/m,
      /^ {2}tcp +8080 +127\.0\.0\.1$/m,
    ])
      assert.match(page, part);
  });

  it('of a user namespace shows the maps of ids, and of a pid namespace its parent', () => {
    const page = namespacePage(
      namespace('user', { parent: 3, owner: 3 }),
      inside({ seenBy: { pid: 7, files: NGINX } }),
    );
    assert.match(page, /^ {2}parent +user:\[3\]$/m);
    assert.doesNotMatch(page, /owner/);
    assert.match(page, /^ {2}user ID map +0 100000 65536$/m);
    assert.match(page, /^ {2}group ID map +0 100000 65536$/m);
    assert.match(namespacePage(namespace('pid', { parent: 3 }), inside()), /^ {2}parent +pid:\[3\]$/m);
  });

  it('of a namespace looks at a process in it, and at itself where it is the machine’s own', () => {
    assert.equal(witnessOf(namespace('net', { pids: [8, 9] })), 8);
    assert.equal(witnessOf(namespace('net', { host: true })), 'self');
    assert.equal(witnessOf(namespace('net', { heldBy: ['/run/netns/blue'] })), null);
    assert.ok(filesFor('net').includes('net/ipv6_route') && !filesFor('net').includes('uid_map'));
    assert.deepEqual(filesFor('uts'), []);
  });

  it('says what could not be read', () => {
    const page = inspectionPage(makeContainer('web', { net: 1 }, { pid: 7 }), { ...NO_FILES, status: STATUS });
    assert.match(page, /^web \(docker\)\n/);
    assert.match(page, /Could not be read\n {2}\/proc\/7\/uid_map\n/);
    assert.match(page, /seccomp +filtered/);
    assert.match(page, /no_new_privs +yes/);
  });

  it('keeps strangers’ text in its place', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 });
    fc.assert(
      fc.property(text, text, text, (name, label, mount) => {
        const container = makeContainer(name, { net: 1 }, { labels: { [label]: name }, image: label });
        const page = inspectionPage(container, { ...NO_FILES, mountinfo: `1 1 0:1 / ${mount} rw - t s rw\n` });
        assert.doesNotMatch(page.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        assert.ok(page.split('\n').every((line) => line.length < 2000));
        assert.equal(page.split('\n').filter((line) => line === 'Namespaces').length, 1);
      }),
    );
  });

  it('is aligned, and cut where it would never end', () => {
    assert.equal(
      formatPage('a', [
        { title: 'b', rows: [['x', '1'], ['long', '2'], ['alone']] },
        { title: 'empty', rows: [] },
      ]),
      'a\n\nb\n  x     1\n  long  2\n  alone\n',
    );
    const rows = Array.from({ length: 700 }, (_, index) => [String(index)]);
    assert.equal(
      formatPage('a', [{ title: 'b', rows }])
        .trimEnd()
        .split('\n')
        .at(-1),
      '  … 200',
    );
  });
});

describe('the diagnosis', () => {
  const say = (text: string, ...values: string[]): object => ({ text, values });

  it('begins with what is missing, and says what to do', () => {
    const findings = readFindings(
      JSON.stringify({
        version: 1,
        findings: [
          { id: 'pidfd', state: 'ok', said: { found: [say('works'), say('well')], advice: [] } },
          { id: 'sudo', state: 'missing', said: { found: [say('no {0}', 'sudo')], advice: [say('install it')] } },
        ],
      }),
    );
    assert.equal(
      diagnosisPage(findings),
      'What this machine allows\n\nMissing\n  sudo  no sudo\n        install it\n\nAll is well\n  pidfd  works; well\n',
    );
  });

  it('is refused where it is not what doctor prints', () => {
    for (const text of ['', '{}', '{"findings":[{"id":"a","state":"great","said":{"found":[],"advice":[]}}]}'])
      assert.throws(() => readFindings(text));
  });
});
