// What is the same whether a joiner executes the command (helper/enter/byJoiner.ts) or a helper does, where the helper or its caller is in an
// unusual state.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { background, capture, end, signal, waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { commOf, descendantsOf, HELPER, NODE } from './support';
import { asUser, bySudo, PublicCopy } from './supportUsers';

describe('enter: by a joiner as by a helper', () => {
  let user: TestUser;
  let copy: PublicCopy;
  before(async () => {
    user = await makeUser('nopasswd');
    copy = new PublicCopy();
  });
  after(async () => {
    copy.remove();
    await user.remove();
  });
  const enter = [NODE, '--', HELPER, 'enter'];
  const asThem = (...args: string[]): string[] => asUser(user, [copy.node, '--', copy.helper, 'enter', ...args]);
  async function succeeds(argv: readonly string[]): Promise<string> {
    const [program = '', ...args] = argv;
    const { code, stdout, stderr } = await capture(program, args, { env: user.env, cwd: '/' });
    assert.deepEqual([code, stderr], [0, '']);
    return stdout;
  }

  it('a target’s bounding set is all that root has in there, whatever the caller could hand on', async () => {
    const bounded = [
      'setpriv',
      '--bounding-set=-sys_admin,-sys_module',
      '--',
      'bash',
      '-c',
      'exec -a sandbox sleep 1000',
    ];
    const box = await startSandbox({ types: ['net', 'uts', 'time'], command: bounded });
    try {
      await waitFor('what confines it', () => commOf(box.pid) === 'sleep');
      const into = ['--target', String(box.pid), '--as', 'target', '--join'];
      const of = async (...args: string[]): Promise<string> => {
        const inherits = ['setpriv', '--inh-caps', '+sys_admin,+sys_module', ...enter, ...into, ...args];
        return succeeds([...inherits, '--', 'grep', 'Cap', '/proc/self/status']);
      };
      const expected = await of('net,uts');
      assert.match(expected, /^CapInh:\t0+$/m);
      assert.equal(await of('net,time'), expected);
      assert.equal(await of('net', '--new', 'pid'), expected);
    } finally {
      await box.stop();
    }
  });

  it('few open files are the command’s alone: it has them, and signals reach it', async () => {
    const small = ['bash', '-c', 'ulimit -Sn 20; "$@"; exit $?', 'bash', ...enter, '--new', 'pid', '--'];
    assert.equal(await succeeds([...small, 'sh', '-c', 'ulimit -Sn']), '20\n');
    const [program = '', ...args] = small;
    const shell = spawn(program, [...args, 'sleep', '1000'], { stdio: 'ignore' });
    const over = once(shell, 'exit');
    const below = (): number[] => descendantsOf(shell.pid ?? 0);
    await waitFor('the command', () => below().some((pid) => commOf(pid) === 'sleep'));
    signal(below()[0] ?? 0, 'SIGTERM');
    assert.deepEqual(await over, [128 + constants.signals.SIGTERM, null]);
  });

  for (const level of [1, 2])
    it(`with hidepid=${level}, where the helper may not look at the command before it has begun`, async () => {
      const hide = [
        'unshare',
        '--mount',
        '--',
        'sh',
        '-euc',
        `mount -t proc -o hidepid=${level} proc /proc; exec "$@"`,
        'sh',
      ];
      for (const argv of [
        asThem('--new', 'user,pid', '--', 'echo', 'ran'),
        bySudo(user, [NODE, '--', HELPER, 'enter', '--new', 'user,pid', '--as', 'me', '--', 'echo', 'ran']),
      ])
        for (let round = 0; round < 4; round++) assert.equal(await succeeds([...hide, ...argv]), 'ran\n');
    });

  it('by who is not root and has the right to all the same', async () => {
    const able = ['unshare', '--user', '--map-current-user', '--keep-caps', '--'];
    for (const types of ['pid', 'time', 'time,pid']) {
      const argv = asUser(user, [...able, copy.node, '--', copy.helper, 'enter', '--new', types, '--', 'id', '-u']);
      assert.equal(await succeeds(argv), `${user.uid}\n`, types);
    }
  });

  it('where mounts cannot be changed, the host’s stay, and it is told', async () => {
    // Below a root directory that is no mount point.
    const folder = mkdtempSync(join(tmpdir(), 'lns-chroot-'));
    const script = `mount -t tmpfs none "$1"; cd "$1"; mkdir root; cd root
      for each in /*; do [ -d "$each" ] && mkdir ".$each" && mount --rbind "$each" ".$each" || true; done
      cp -a /lib* /bin . 2>/dev/null || true; shift; exec chroot . "$@"`;
    try {
      for (const types of ['pid', 'net,pid', 'time,net']) {
        const args = ['--mount', '--', 'sh', '-euc', script, 'sh', folder, ...enter, '--new', types, '--verbose'];
        const { code, stdout, stderr } = await capture('unshare', [...args, '--', 'echo', 'ran']);
        assert.deepEqual([code, stdout], [0, 'ran\n'], stderr);
        assert.match(stderr, /: DNS, \/sys and \/proc are the host's: invalid argument\n/, types);
      }
    } finally {
      rmdirSync(folder);
    }
  });

  it('the first process of a new pid namespace dies with its helper, also as root of a user namespace that a file names', async () => {
    const made = await background('unshare', ['--user', '--map-root-user', 'sleep', '1000'], '/dev/null');
    const started = [made.pid];
    try {
      await waitFor('a user namespace', () => commOf(made.pid) === 'sleep');
      const args = ['--file', `user=/proc/${made.pid}/ns/user`, '--new', 'pid', '--', 'sleep', '2000'];
      const helper = spawn(NODE, ['--', HELPER, 'enter', ...args], { stdio: 'ignore' });
      started.push(helper.pid ?? 0);
      const command = await waitFor('the command', () =>
        descendantsOf(helper.pid ?? 0).find((pid) => commOf(pid) === 'sleep'),
      );
      signal(helper.pid ?? 0, 'SIGKILL');
      await waitFor('the command to end', async () => (await capture('kill', ['-0', String(command)])).code !== 0);
    } finally {
      await end(started);
    }
  });
});
