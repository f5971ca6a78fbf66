// What is said before a mixed selection is entered, and the addresses in it as the kernel prints them.
import assert from 'node:assert/strict';
import { formatInet6, parseFibTrie, parseInet6 } from '../../extension/inspect/addresses';
import { planEntry } from '../../extension/plan/enterPlan';
import { previewOf, warningsOf, whereOf } from '../../extension/plan/preview';
import { allOf, only, type Chosen } from '../../extension/select/selection';
import { makeContainer } from './containerFixture';

const web = makeContainer('web', { net: 1, mnt: 2 });
const api = makeContainer('api\u001b[31m', { pid: 3, uts: 4 });
const addresses = new Map([[web.key, ['172.18.0.3', 'fd00::3']]]);
const say = (chosen: readonly Chosen[], uid = 1000, sudo = 'sudo'): string[] =>
  previewOf(planEntry(chosen, uid), chosen, addresses, sudo).map(({ label, text }) => `${label}: ${text}`);

describe('the preview', () => {
  it('says what one sees, keeps, is and needs', () => {
    assert.deepEqual(say([...only(web, ['net']), ...only(api, ['pid'])]), [
      'network: web (172.18.0.3, fd00::3), DNS of web',
      'processes: api\ufffd[31m',
      'you keep: files, hostname, shared memory, users, cgroups, clocks',
      'you are: yourself, with all your groups',
      'warning: root in api\ufffd[31m can reach your files through your command',
      'needs: sudo',
    ]);
  });

  it('warns of no container that could not: of those with their own users, or whose files are joined', () => {
    const rootless = makeContainer('rootless', { user: 5, pid: 6, mnt: 7 });
    const warns = (chosen: readonly Chosen[]): boolean => say(chosen).some((line) => line.startsWith('warning'));
    assert.ok(!warns(only(rootless, ['pid'])));
    assert.ok(!warns(only(makeContainer('own', { pid: 6, mnt: 7 }), ['pid', 'mnt'])));
    assert.ok(!warns(only(web, ['net'])));
    assert.ok(warns(only(makeContainer('locked', { user: null, pid: 6 }), ['pid'])));
  });

  it('warns of root of this machine among the files of a container', () => {
    const chosen = [...only(makeContainer('db', { net: 8 }), ['net']), ...only(web, ['mnt'])];
    const lines = previewOf(planEntry(chosen, 1000), chosen, addresses, 'sudo', true);
    assert.deepEqual(
      lines.filter(({ label }) => label === 'warning'),
      [{ label: 'warning', text: 'you will be root of this machine in the files of web' }],
    );
    assert.deepEqual(warningsOf(chosen, false), []);
  });

  it('promises no DNS where the files bring their own, and no sudo where it takes none', () => {
    const lines = say(allOf(web), 0);
    assert.ok(lines.includes('network: web (172.18.0.3, fd00::3)'), lines.join('\n'));
    assert.ok(lines.includes("you are: the user of web's own process"));
    assert.ok(lines.includes('needs: only your own rights'));
    assert.ok(say(allOf(web), 1000, '/usr/bin/doas').includes('needs: doas'));
  });

  it('says as whom one enters the files of one container and the network of another', () => {
    const lines = say([...only(makeContainer('db', { net: 8, mnt: 9 }), ['net']), ...only(web, ['mnt'])]);
    assert.ok(lines.includes("you are: the user of web's own process"), lines.join('\n'));
  });

  it('is one line on top of a terminal', () => {
    assert.equal(
      whereOf([...only(web, ['net']), ...only(api, ['pid', 'uts'])]),
      'network of web; processes, hostname of api\ufffd[31m',
    );
  });
});

describe('addresses', () => {
  it('are the local ones of the kernel’s routing tries, once each, without loopback', () => {
    const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 172.18.0.0/16 2 0 2
        |-- 172.18.0.0
           /16 link UNICAST
        |-- 172.18.0.3
           /32 host LOCAL
        |-- 172.18.255.255
           /32 link BROADCAST
     |-- 127.0.0.1
        /32 host LOCAL
Local:
        |-- 172.18.0.3
           /32 host LOCAL
`;
    assert.deepEqual(parseFibTrie(trie), ['172.18.0.3']);
    assert.deepEqual(parseFibTrie(''), []);
  });

  it('of IPv6 are written as people write them', () => {
    const text = `00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000b43a8efffe6f1c2b 02 40 20 80     eth0
fd000000000000000000000000000003 02 40 00 80     eth0
`;
    assert.deepEqual(parseInet6(text), [
      { address: 'fe80::b43a:8eff:fe6f:1c2b', device: 'eth0' },
      { address: 'fd00::3', device: 'eth0' },
    ]);
    assert.equal(formatInet6('20010db8000000000000000000000001'), '2001:db8::1');
  });
});
