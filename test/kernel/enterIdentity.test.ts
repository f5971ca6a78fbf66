// Who the command runs as: the caller of sudo with everything that makes up a login and no capability, or root.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { capture, run } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { HELPER, inodesOf, NODE, statusOf, watchCat } from './support';
import { asUser, bySudo, PublicCopy } from './supportUsers';

interface Identity {
  uids: number[];
  gids: number[];
  groups: number[];
  /** The capability sets that are not empty; the bounding set, which gives nothing by itself, is left out. */
  capabilities: string[];
  noNewPrivs: string | undefined;
}

function identityOf(pid: number): Identity {
  const status = statusOf(pid);
  const numbers = (key: string): number[] => (status.get(key) ?? '').split(/\s+/).filter(Boolean).map(Number);
  return {
    uids: [...new Set(numbers('Uid'))],
    gids: [...new Set(numbers('Gid'))],
    groups: numbers('Groups').sort((a, b) => a - b),
    capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].filter((key) => !/^0+$/.test(status.get(key) ?? '')),
    noNewPrivs: status.get('NoNewPrivs'),
  };
}

describe('enter: who the command runs as', () => {
  let user: TestUser;
  let box: Sandbox;
  const extraGroups = [1, 2].map(() => `lnsg${randomBytes(3).toString('hex')}`);
  let groups: number[];
  let copy: PublicCopy;

  before(async () => {
    copy = new PublicCopy();
    user = await makeUser('nopasswd');
    for (const group of extraGroups) {
      await run('groupadd', [group]);
      await run('usermod', ['--append', '--groups', group, user.name]);
    }
    const ids = await run('id', ['--groups', user.name]);
    groups = ids.trim().split(' ').map(Number);
    assert.equal(groups.length, 3);
    box = await startSandbox({ types: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] });
  });
  after(async () => {
    await box.stop();
    await user.remove();
    for (const group of extraGroups) await run('groupdel', [group]);
    copy.remove();
  });

  const command = (...args: string[]): string[] => [NODE, '--', HELPER, 'enter', '--target', String(box.pid), ...args];
  const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
  const login = (): Identity => ({
    uids: [user.uid],
    gids: [user.gid],
    groups: sorted(groups),
    capabilities: [],
    noNewPrivs: '0',
  });
  const options = (): { env: NodeJS.ProcessEnv; cwd: string } => ({ env: user.env, cwd: user.home });

  // One for each way that the helper goes: in process, in place; by a child; by a joiner first; by a joiner alone.
  const WAYS: NamespaceName[][] = [
    ['net'],
    ['mnt'],
    ['pid', 'mnt'],
    ['time'],
    ['time', 'pid'],
    ['user'],
    ['user', 'mnt', 'pid', 'time'],
  ];
  for (const types of WAYS) {
    it(`as me, in ${types.join(', ')}: the caller’s ids, all groups, no capability`, async () => {
      const argv = bySudo(user, command('--join', types.join(','), '--', 'cat'));
      const found = await watchCat(
        argv,
        (cat) => {
          assert.equal(inodesOf(cat)[types[0] ?? 'net'], inodesOf(box.pid)[types[0] ?? 'net']);
          return identityOf(cat);
        },
        options(),
      );
      // Its files are those of a user namespace that was not joined (enterTrust.test.ts).
      const noNewPrivs = types.includes('mnt') && !types.includes('user') ? '1' : '0';
      assert.deepEqual(found, { ...login(), noNewPrivs });
    });

    it(`as root, in ${types.join(', ')}`, async () => {
      const argv = bySudo(user, command('--join', types.join(','), '--as', 'root', '--', 'cat'));
      const found = await watchCat(argv, identityOf, options());
      assert.deepEqual([found.uids, found.gids], [[0], [0]]);
      assert.ok(found.capabilities.includes('CapEff'));
      assert.ok(!found.groups.some((group) => groups.includes(group)), `groups of the caller: ${found.groups.join()}`);
    });
  }

  it('as me: the groups of the session, not those of the user database', async () => {
    const some = [groups.at(-1) ?? 0];
    const argv = bySudo(user, command('--join', 'net', '--', 'cat'), some);
    assert.deepEqual((await watchCat(argv, identityOf, options())).groups, some);
  });

  it('as me, where no process of the caller is above sudo: the groups of the user database', async () => {
    const argv = asUser(user, ['sudo', '--non-interactive', '--', ...command('--join', 'net', '--', 'cat')]);
    assert.deepEqual(await watchCat(argv, identityOf, options()), login());
  });

  it('as me, of root without sudo: root', async () => {
    const found = await watchCat(command('--join', 'net', '--', 'cat'), identityOf);
    assert.deepEqual([found.uids, found.gids], [[0], [0]]);
  });

  it('as me: sudo’s variables in a user’s environment make nobody root', async () => {
    const own = await startSandbox({ types: ['user', 'net'], user });
    try {
      const argv = [
        copy.node,
        '--',
        copy.helper,
        'enter',
        '--target',
        String(own.pid),
        '--join',
        'user,net',
        '--',
        'cat',
      ];
      const env = { ...user.env, SUDO_UID: '0', SUDO_GID: '0', SUDO_USER: 'root' };
      const found = await watchCat(asUser(user, argv), identityOf, { env, cwd: user.home });
      assert.deepEqual([found.uids, found.gids], [[user.uid], [user.gid]]);
    } finally {
      await own.stop();
    }
  });

  it('as root, of a user without sudo: refused', async () => {
    const argv = [copy.node, '--', copy.helper, 'enter', '--target', String(process.pid), '--join', 'net'];
    const [program = '', ...args] = asUser(user, [...argv, '--as', 'root', '--', 'true']);
    const result = await capture(program, args, options());
    assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
  });

  it('of a user namespace whose root may not reach the helper’s own files, as they lie in somebody’s closed home', async () => {
    const closed = new PublicCopy(0o700);
    const theirs = await startSandbox({ types: ['user', 'mnt', 'net', 'pid'], user });
    try {
      for (const as of ['me', 'root', 'target']) {
        const into = ['--target', String(theirs.pid), '--join', 'user,mnt,net,pid', '--as', as, '--', 'cat'];
        const found = await watchCat([closed.node, '--', closed.helper, 'enter', ...into], identityOf);
        assert.deepEqual(found.uids, [as === 'me' ? 0 : user.uid], as);
      }
    } finally {
      await theirs.stop();
      closed.remove();
    }
  });

  it('keeps the caller’s directory where the filesystem is the caller’s', async () => {
    for (const types of ['net', 'pid', 'time', 'user']) {
      const [program = '', ...args] = bySudo(user, command('--join', types, '--', 'readlink', '/proc/thread-self/cwd'));
      // With pid alone, /proc is of other processes than the command's; a shell's own word will do there.
      const pwd = types === 'pid' ? [...args.slice(0, -2), 'pwd', '-P'] : args;
      const result = await capture(program, pwd, options());
      assert.equal(result.stdout, `${user.home}\n`, `${types}: ${result.stderr}`);
    }
  });

  it('takes --cwd with the rights of the one who runs the command', async () => {
    const enterIn = (directory: string): string[] =>
      bySudo(user, command('--join', 'net', '--cwd', directory, '--', 'pwd'));
    const [program = '', ...own] = enterIn(user.home);
    assert.equal((await capture(program, own, options())).stdout, `${user.home}\n`);
    const closed = await run('mktemp', ['--directory']); // 0700, root's
    try {
      const [, ...theirs] = enterIn(closed.trim());
      const result = await capture(program, theirs, options());
      assert.equal(result.code, EXIT.badDirectory.code, result.stderr);
    } finally {
      rmSync(closed.trim(), { recursive: true });
    }
  });
});
