// `--new`: namespaces that are made for the command, alone and beside joined ones; by root, and without sudo in a new user
// namespace.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { EXIT, type ExitCause } from '../../helper/protocol';
import { capture, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { shareMounts } from './supportMounts';
import { descriptorsOf, enter, enterCat, HELPER, inodesOf, NODE, statusOf, watchCat, type Inodes } from './support';
import { asUser, PublicCopy } from './supportUsers';

/** Which types of a process are not the tests' own. */
function othersOf(inodes: Inodes): NamespaceName[] {
  const own = inodesOf('self');
  return NAMESPACE_NAMES.filter((name) => inodes[name] !== own[name]).sort();
}

const sorted = (types: readonly NamespaceName[]): NamespaceName[] => [...types].sort();

describe('enter --new', () => {
  const ALONE = NAMESPACE_NAMES.map((name) => [name]);
  const ALL_BUT_USER = NAMESPACE_NAMES.filter((name) => name !== 'user');
  const SETS: NamespaceName[][] = [
    ...ALONE,
    ['net', 'uts'],
    ['pid', 'mnt'],
    ['time', 'pid'],
    ALL_BUT_USER,
    [...NAMESPACE_NAMES],
  ];

  for (const types of SETS) {
    it(`${types.join(',')}: these are new, the others the caller’s; descriptors and exit codes as ever`, async () => {
      const args = ['--new', types.join(','), '--view', 'none'];
      const [others, descriptors] = await enterCat(
        args,
        (cat) => [othersOf(inodesOf(cat)), descriptorsOf(cat)] as const,
      );
      assert.deepEqual(others, sorted(types));
      assert.deepEqual([...descriptors.keys()], [0, 1, 2]);
      for (const code of [0, 7]) {
        const result = await enter([...args, '--', 'sh', '-c', `exit ${code}`]);
        assert.deepEqual(result, { code, signal: null, stdout: '', stderr: '' });
      }
    });
  }

  it('time alone: in the place of the helper, of which nothing stays behind', async () => {
    assert.ok(await enterCat(['--new', 'time'], (cat, started) => cat === started));
  });

  for (const types of ['pid', 'pid,mnt', 'pid,time', 'user,pid', 'user,pid,mnt,net']) {
    it(`${types}: the command is pid 1 of a /proc of its own`, async () => {
      const { stdout, stderr } = await enter(['--new', types, '--', 'sh', '-c', 'echo $$ /proc/[0-9]*']);
      assert.equal(stdout, '1 /proc/1\n', stderr);
    });
  }

  for (const types of ['net', 'net,pid', 'net,time', 'user,net']) {
    it(`${types}: loopback alone, and it is up`, async () => {
      const { stdout, stderr } = await enter(['--new', types, '--', 'sh', '-c', 'ip -o address; ls /sys/class/net']);
      const lines = stdout.trim().split('\n');
      assert.equal(lines.pop(), 'lo', stderr);
      assert.ok(lines.length > 0 && lines.every((line) => /^1: lo\s/.test(line)), stdout);
      assert.match(stdout, /inet 127\.0\.0\.1\/8/);
    });
  }

  it('uts: a name that is set in there stays in there', async () => {
    const { stdout } = await enter(['--new', 'uts', '--', 'sh', '-c', 'hostname lns-inside; hostname']);
    assert.equal(stdout, 'lns-inside\n');
    assert.notEqual(spawnSync('hostname', { encoding: 'utf8' }).stdout, stdout);
  });

  it('mnt: a mount that is made in there stays in there; nor is anything left of the helper’s own', async () => {
    const host = await shareMounts();
    try {
      const mounts = host.list();
      for (const types of ['mnt', 'mnt,net', 'mnt,pid', 'user,mnt', 'net', 'pid', 'time,pid,net', 'user,net,pid']) {
        const script = 'mount -t tmpfs lns-inside /mnt && grep -c lns-inside /proc/self/mountinfo';
        const command = types.includes('mnt') ? ['sh', '-c', script] : ['echo', '1'];
        const enter = ['enter', '--new', types, '--as', 'root', '--', ...command];
        const [program = '', ...args] = host.inside([NODE, '--', HELPER, ...enter]);
        const { stdout, stderr } = await capture(program, args);
        assert.equal(stdout, '1\n', stderr);
        assert.deepEqual(host.list(), mounts, types);
      }
    } finally {
      await host.stop();
    }
  });

  describe('beside joined ones', () => {
    let box: Sandbox;
    before(async () => {
      box = await startSandbox({ types: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] });
    });
    after(() => box.stop());

    const MIXED: [NamespaceName[], NamespaceName[]][] = [
      [['net'], ['uts']],
      [['net'], ['pid', 'mnt']],
      [['pid'], ['net', 'ipc']],
      [['mnt'], ['net']],
      [['time'], ['net', 'uts']],
      [['net', 'uts'], ['time']],
      [['net', 'ipc'], ['user']],
    ];
    for (const [joins, makes] of MIXED) {
      it(`${joins.join(',')} joined, ${makes.join(',')} new`, async () => {
        const args = [
          '--target',
          String(box.pid),
          '--join',
          joins.join(','),
          '--new',
          makes.join(','),
          '--view',
          'none',
        ];
        const found = await enterCat(args, (cat) => inodesOf(cat));
        assert.deepEqual(othersOf(found), sorted([...joins, ...makes]));
        const ofBox = inodesOf(box.pid);
        for (const type of joins) assert.equal(found[type], ofBox[type], type);
        for (const type of makes) assert.notEqual(found[type], ofBox[type], type);
      });
    }

    const of = (...rest: string[]): string[] => ['--target', String(box.pid), ...rest];
    const REFUSED: [string, () => string[], ExitCause, RegExp][] = [
      ['one type joined and new', () => of('--join', 'net', '--new', 'uts,net'), 'badArguments', /\bnet\b.*choose one/],
      ['one type twice', () => ['--new', 'net,uts,net'], 'badArguments', /net twice/],
      ['an unknown type', () => ['--new', 'network'], 'unsupportedType', /"network"/],
      ['no type', () => ['--new', ''], 'badArguments', /--new needs a value/],
      ['an empty type', () => ['--new', 'net,'], 'unsupportedType', /""/],
      ...(['mnt', 'pid', 'time'] as const).map((type): [string, () => string[], ExitCause, RegExp] => [
        `a new user namespace beside a joined ${type}`,
        () => of('--join', type, '--new', 'user'),
        'badArguments',
        new RegExp(`--new user cannot be combined with joining ${type}`),
      ]),
      ['a new user namespace for somebody else', () => ['--new', 'user', '--as', '1:1'], 'badArguments', /--as me/],
      [
        'somebody’s identity where nobody is joined',
        () => ['--new', 'net', '--as', 'target'],
        'badArguments',
        /--target/,
      ],
      [
        'a new namespace beside a joined user namespace of the machine’s processes',
        () => of('--join', 'user', '--new', 'net', '--as', '7'),
        'identityFailed',
        /uid 7/,
      ],
    ];
    for (const [what, args, cause, says] of REFUSED) {
      it(`refuses ${what}`, async () => {
        const result = await enter([...args(), '--', 'echo', 'executed']);
        assert.deepEqual([result.code, result.stdout], [EXIT[cause].code, ''], result.stderr);
        assert.match(result.stderr, /^ns-helper: [^\n]+\n$/);
        assert.match(result.stderr, says);
      });
    }
  });

  describe('without sudo', () => {
    let user: TestUser;
    let copy: PublicCopy;
    before(async () => {
      user = await makeUser('none');
      copy = new PublicCopy();
    });
    after(async () => {
      copy.remove();
      await user.remove();
    });

    const argv = (...args: string[]): string[] => asUser(user, [copy.node, '--', copy.helper, 'enter', ...args]);
    const options = (): { env: NodeJS.ProcessEnv; cwd: string } => ({ env: user.env, cwd: user.home });
    const byUser = (...args: string[]): Promise<RunResult> => {
      const [program = '', ...rest] = argv(...args);
      return capture(program, rest, options());
    };

    for (const types of [['user'], ['user', 'net'], ['user', 'pid', 'mnt'], [...NAMESPACE_NAMES]]) {
      it(`${types.join(',')} as me: the same ids, no capabilities`, async () => {
        const found = await watchCat(
          argv('--new', types.join(','), '--view', 'none', '--', 'cat'),
          (cat) => ({ others: othersOf(inodesOf(cat)), status: statusOf(cat) }),
          options(),
        );
        assert.deepEqual(found.others, sorted(types as NamespaceName[]));
        for (const key of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
          assert.match(found.status.get(key) ?? '', /^0+$/, key);
        const { stdout } = await byUser('--new', types.join(','), '--', 'sh', '-c', 'id -u; id -g');
        assert.equal(stdout, `${user.uid}\n${user.gid}\n`);
      });

      it(`${types.join(',')} as root: root and all capabilities in there, the user outside`, async () => {
        const found = await watchCat(
          argv('--new', types.join(','), '--as', 'root', '--', 'cat'),
          (cat) => statusOf(cat),
          options(),
        );
        assert.equal(found.get('Uid'), Array(4).fill(user.uid).join('\t'));
        assert.equal(found.get('CapEff'), found.get('CapBnd'));
        const { stdout, stderr } = await byUser(
          '--new',
          types.join(','),
          '--as',
          'root',
          '--',
          'sh',
          '-c',
          'id -u; id -g',
        );
        assert.equal(stdout, '0\n0\n', stderr);
      });
    }

    it('other types without a user namespace: refused, and what would help is said', async () => {
      for (const types of ['net', 'uts', 'pid,mnt']) {
        const result = await byUser('--new', types, '--', 'echo', 'executed');
        assert.deepEqual([result.code, result.stdout], [EXIT.notPermitted.code, ''], result.stderr);
        assert.match(result.stderr, /^ns-helper: a new \w+ namespace [^\n]*--new user[^\n]*sudo[^\n]*\n$/);
      }
    });

    it('where no user namespaces are allowed: said before anything is done', async () => {
      const script = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';
      const command = [NODE, '--', HELPER, 'enter', '--new', 'user,net', '--', 'echo', 'executed'];
      const result = await capture('unshare', ['--user', '--map-root-user', 'sh', '-c', script, 'sh', ...command]);
      assert.deepEqual([result.code, result.stdout], [EXIT.notPermitted.code, ''], result.stderr);
      assert.match(
        result.stderr,
        /^ns-helper: a new user namespace [^\n]*max_user_namespaces is 0[^\n]*sysctl[^\n]*\n$/,
      );
    });

    it('where a distribution’s kernel lets only root make them: said before anything is done, and by which switch', async () => {
      for (const [name, value] of [
        ['unprivileged_userns_clone', '0'],
        ['apparmor_restrict_unprivileged_userns', '1'],
      ] as const) {
        const script = `mount -t tmpfs none /proc/sys/kernel; echo ${value} > /proc/sys/kernel/${name}; exec "$@"`;
        const command = argv('--new', 'user', '--', 'echo', 'executed');
        const result = await capture('unshare', ['--mount', '--', 'sh', '-euc', script, 'sh', ...command], options());
        assert.deepEqual([result.code, result.stdout], [EXIT.notPermitted.code, ''], result.stderr);
        assert.match(
          result.stderr,
          new RegExp(`^ns-helper: [^\\n]*${name} is ${value}, which [^\\n]*sysctl[^\\n]*\\n$`),
        );
      }
    });

    it('where /proc/sys/user allows no more of them: said to be that', async () => {
      const script = 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"';
      const command = [NODE, '--', HELPER, 'enter', '--new', 'net', '--', 'echo', 'executed'];
      // The limits are of the user namespace, and that is one of our own.
      const result = await capture('unshare', ['--user', '--map-root-user', 'sh', '-c', script, 'sh', ...command]);
      assert.deepEqual([result.code, result.stdout], [EXIT.joinFailed.code, ''], result.stderr);
      assert.match(result.stderr, /^ns-helper: a new net namespace [^\n]*max_net_namespaces[^\n]*\n$/);
    });
  });
});
