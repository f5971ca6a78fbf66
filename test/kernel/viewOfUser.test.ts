// The view where a user namespace is joined, in which a joiner fits it: as its root, as who has no id in it, and as one's own without sudo.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { skip } from '../support/skip';
import { makeUser, type TestUser } from '../support/users';
import { commOf, HELPER, NODE } from './support';
import { shareMounts, type SharedMounts } from './supportMounts';
import { asUser, bySudo, PublicCopy } from './supportUsers';

const RESOLV_CONF = '/etc/resolv.conf';
const text = (path: string): string => readFileSync(path, 'utf8');

describe('enter: the view in a joined user namespace', () => {
  let folder: string;
  let user: TestUser;
  let copy: PublicCopy;
  let host: SharedMounts;
  let mounts: string[];
  const undo: (() => unknown)[] = [];
  const file = (name: string): string => join(folder, name);

  /** With a network that has an interface, DNS files of its own, and processes that see no others. */
  async function startBox(who?: TestUser): Promise<Sandbox> {
    const script = `mount --bind ${file('resolv.conf')} /etc/resolv.conf; mount --bind ${file('hosts')} /etc/hosts
      exec -a sandbox sleep 1000`;
    const made = await startSandbox({
      types: ['user', 'mnt', 'net', 'pid', 'uts'],
      command: ['bash', '-euc', script],
      ...(who && { user: who }),
    });
    undo.push(() => made.stop());
    await waitFor('the sandbox', () => commOf(made.pid) === 'sleep');
    await made.run('ip', 'link', 'add', 'lns0', 'type', 'veth', 'peer', 'name', 'lns1');
    return made;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-view-of-user-'));
    undo.push(() => {
      rmSync(folder, { recursive: true });
    });
    await run('chmod', ['755', folder]);
    writeFileSync(file('resolv.conf'), 'nameserver 192.0.2.53\n');
    writeFileSync(file('hosts'), '192.0.2.9 lns.example\n');
    user = await makeUser('nopasswd');
    undo.push(() => user.remove());
    copy = new PublicCopy();
    undo.push(() => {
      copy.remove();
    });
    host = await shareMounts();
    undo.push(() => host.stop());
    mounts = host.list();
  });
  after(async () => {
    for (const step of undo.reverse()) await step();
  });
  afterEach(() => {
    assert.deepEqual(host.list(), mounts, 'the host’s mounts have changed');
  });

  const WAYS: [who: string, box: () => Promise<Sandbox>, helper: (args: string[]) => string[]][] = [
    ['root, as its root', () => startBox(), (args) => [NODE, '--', HELPER, 'enter', '--as', 'root', ...args]],
    [
      'a user by sudo, who has no id in there',
      () => startBox(),
      (args) => bySudo(user, [copy.node, '--', copy.helper, 'enter', '--as', 'me', ...args]),
    ],
    [
      'a user by sudo, as one of another user’s',
      () => startBox(user),
      (args) => bySudo(user, [NODE, '--', HELPER, 'enter', '--as', 'target', ...args]),
    ],
    [
      'a user without sudo, in one of their own',
      () => startBox(user),
      (args) => asUser(user, [copy.node, '--', copy.helper, 'enter', ...args]),
    ],
  ];
  for (const [who, start, helper] of WAYS) {
    describe(who, () => {
      let box: Sandbox;
      before(async () => {
        box = await start();
      });

      async function seen(types: string, options: string[], ...command: string[]): Promise<string> {
        const args = ['--target', String(box.pid), '--join', types, ...options, '--', ...command];
        // With files for nobody else by default.
        const [program = '', ...rest] = host.inside(['sh', '-c', 'umask 077; exec "$@"', 'sh', ...helper(args)]);
        const { code, stdout, stderr } = await capture(program, rest, { env: user.env, cwd: '/' });
        assert.deepEqual([code, stderr], [0, '']);
        return stdout;
      }

      for (const types of ['user,net', 'user,net,pid']) {
        it(`${types}: DNS and devices of the network, all else is the host’s`, async () => {
          assert.equal(
            await seen(types, [], 'cat', RESOLV_CONF, '/etc/hosts'),
            text(file('resolv.conf')) + text(file('hosts')),
          );
          assert.equal(await seen(types, [], 'ls', '/sys/class/net'), 'lns0\nlns1\nlo\n');
          assert.equal(await seen(types, [], 'cat', '/etc/passwd'), text('/etc/passwd'));
          assert.equal(
            (await seen(types, [], 'ls', '/sys/fs/cgroup')).trim(),
            (await run('ls', ['/sys/fs/cgroup'])).trim(),
          );
        });

        it(`${types}: nothing is left in /tmp or open, and each file is for all to read`, async () => {
          assert.equal(await seen(types, [], 'sh', '-c', `ls -d ${folder}`), `${folder}\n`);
          assert.equal(await seen(types, [], 'stat', '-c', '%a', RESOLV_CONF, '/etc/hosts'), '644\n644\n');
          assert.equal(await seen(types, [], 'ls', '/proc/self/fd'), '0\n1\n2\n3\n');
        });

        it(`${types}: each part can be switched off`, async () => {
          for (const [views, dns, sys] of [
            ['none', false, false],
            ['dns', true, false],
            ['sys', false, true],
          ] as const) {
            const shown = await seen(types, ['--view', views], 'cat', RESOLV_CONF);
            assert.equal(shown, text(dns ? file('resolv.conf') : RESOLV_CONF), views);
            assert.equal((await seen(types, ['--view', views], 'ls', '/sys/class/net')).includes('lns0'), sys, views);
          }
        });
      }

      it('/proc has exactly the joined processes', async function () {
        const [major = 0, minor = 0] = release().split('.').map(Number);
        if (major < 6 || (major === 6 && minor < 17))
          return skip(this, 'Linux 6.17 or later can show a joined pid namespace');
        const listed = await seen('user,net,pid', [], 'sh', '-c', 'echo /proc/[0-9]*; echo $$');
        const [entries = '', self = ''] = listed.trim().split('\n');
        assert.deepEqual(entries.split(' ').sort(), ['/proc/1', `/proc/${self}`].sort());
      });

      it('where there is nothing to fit, the command is in the caller’s own mount namespace', async () => {
        const [program = '', ...args] = host.inside(['readlink', '/proc/self/ns/mnt']);
        const own = await run(program, args);
        assert.equal(await seen('user,net', ['--view', 'none'], 'readlink', '/proc/self/ns/mnt'), own);
        assert.equal(await seen('user,uts', [], 'readlink', '/proc/self/ns/mnt'), own);
      });
    });
  }
});
