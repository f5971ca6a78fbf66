// What --verbose tells: who and where the helper is before, and the command after, and what could not be made as it is in the
// container.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { background, capture, end, isRunning, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { commOf, descendantsOf, enter, HELPER, inodesOf, NODE, startTimeOf, type Inodes } from './support';
import { asUser, bySudo, PublicCopy } from './supportUsers';

const ALL_TYPES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const;

describe('enter --verbose', () => {
  let user: TestUser;
  let box: Sandbox;
  before(async () => {
    user = await makeUser('nopasswd');
    box = await startSandbox({ types: ALL_TYPES });
    await box.run('hostname', 'lns-inside');
  });
  after(async () => {
    await box.stop();
    await user.remove();
  });

  interface Where {
    pid: number;
    uid: number;
    gid: number;
    hostname: string;
    inodes: Inodes;
  }
  function parse(line: string | undefined, which: string): Where {
    const match = new RegExp(`^ns-helper: ${which}: pid (\\d+) uid (\\d+) gid (\\d+) hostname (\\S+) (.*)$`).exec(
      line ?? '',
    );
    assert.ok(match, line);
    const [pid = NaN, uid = NaN, gid = NaN] = match.slice(1, 4).map(Number);
    const inodes = Object.fromEntries(
      (match[5] ?? '').split(' ').map((link) => [link.split(':')[0], Number(/\d+/.exec(link)?.[0])]),
    ) as Inodes;
    assert.deepEqual(Object.keys(inodes).sort(), [...NAMESPACE_NAMES].sort());
    return { pid, uid, gid, hostname: match[4] ?? '', inodes };
  }

  // The ways in: in place; with a helper that waits; by a joiner; by a joiner with a helper that waits; new ones.
  const WAYS: [string, () => string[], boolean][] = [
    ['net', () => ['--target', String(box.pid), '--join', 'net'], true],
    ['uts,pid', () => ['--target', `${box.pid}@${startTimeOf(box.pid)}`, '--join', 'uts,pid', '--view', 'none'], false],
    ['net as an id', () => ['--target', String(box.pid), '--join', 'net', '--as', '1234:5678'], true],
    ['net,pid as an id', () => ['--target', String(box.pid), '--join', 'net,pid', '--as', '1234:5678'], false],
    ['time as an id', () => ['--target', String(box.pid), '--join', 'time', '--as', '1234'], true],
    ['time', () => ['--target', String(box.pid), '--join', 'time'], true],
    ['user,net', () => ['--target', String(box.pid), '--join', 'user,net'], true],
    ['all', () => ['--target', String(box.pid), '--join', ALL_TYPES.join(',')], false],
    ['new net,uts', () => ['--new', 'net,uts'], true],
    ['new user,pid', () => ['--new', 'user,pid', '--as', 'root'], false],
  ];
  for (const [what, args, sameProcess] of WAYS) {
    it(`${what}: pid, ids, host name and all namespaces, before and as the command has them`, async () => {
      const script = 'echo $$; id -u; id -g; hostname; for t in "$@"; do stat -Lc %i /proc/self/ns/$t; done';
      const types: readonly NamespaceName[] = NAMESPACE_NAMES;
      const result = await enter([...args(), '--verbose', '--', 'sh', '-c', script, 'sh', ...types]);
      assert.equal(result.code, 0, result.stderr);
      const lines = result.stderr.trimEnd().split('\n');
      assert.equal(lines.length, 2, result.stderr);
      const start = parse(lines[0], 'before');
      assert.deepEqual(start.inodes, inodesOf('self'));
      assert.deepEqual([start.uid, start.gid, start.hostname], [0, 0, hostname()]);
      const [pid, uid, gid, name, ...inodes] = result.stdout.trim().split('\n');
      const end = parse(lines[1], 'after');
      assert.deepEqual([end.uid, end.gid, end.hostname], [Number(uid), Number(gid), name]);
      assert.deepEqual(
        types.map((type) => end.inodes[type]),
        inodes.map(Number),
      );
      if (sameProcess) assert.deepEqual([start.pid, end.pid], [Number(pid), Number(pid)]);
    });
  }

  /** As a user who has no id in there, by sudo. */
  async function saidInForeignUserNamespace(types: string): Promise<string[]> {
    const into = ['--target', String(box.pid), '--join', types, '--verbose'];
    const [program = '', ...args] = bySudo(user, [NODE, '--', HELPER, 'enter', ...into, '--', 'true']);
    const { code, stderr } = await capture(program, args, { env: user.env, cwd: '/' });
    assert.equal(code, 0, stderr);
    return stderr.trimEnd().split('\n');
  }

  it('in a user namespace that the caller has no id in: the same, with a mount namespace of its own for what is mounted', async () => {
    const [first, last, ...more] = await saidInForeignUserNamespace('user,net');
    assert.deepEqual(parse(first, 'before').inodes, inodesOf('self'));
    const [end, theirs] = [parse(last, 'after'), inodesOf(box.pid)];
    const { mnt } = end.inodes;
    assert.ok(mnt > 0 && mnt !== inodesOf('self').mnt && mnt !== theirs.mnt, String(mnt));
    assert.deepEqual(end.inodes, { ...inodesOf('self'), user: theirs.user, net: theirs.net, mnt });
    assert.deepEqual([end.uid, end.gid, more], [65534, 65534, []]);
  });

  for (const types of ['user,mnt', 'user,mnt,uts,pid']) {
    it(`in ${types} of one: the same, told before the command is run by no helper`, async () => {
      const [first, last, ...more] = await saidInForeignUserNamespace(types);
      assert.deepEqual(parse(first, 'before').inodes, inodesOf('self'));
      const [end, theirs] = [parse(last, 'after'), inodesOf(box.pid)];
      const joined = Object.fromEntries(types.split(',').map((type) => [type, theirs[type as NamespaceName]]));
      assert.deepEqual(end.inodes, { ...inodesOf('self'), ...joined });
      const name = types.includes('uts') ? 'lns-inside' : hostname();
      assert.deepEqual([end.uid, end.gid, end.hostname, more], [65534, 65534, name, []]);
    });
  }

  it('without it nothing is said', async () => {
    assert.equal((await enter(['--target', String(box.pid), '--join', 'net', '--', 'true'])).stderr, '');
  });

  describe('says what is not as in the container', () => {
    /** The notes of an entry that goes on all the same. */
    async function notesOf(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
      const [program = '', ...args] = argv;
      const { code, stderr } = await capture(program, args, { env, cwd: '/' });
      assert.equal(code, 0, stderr);
      const lines = stderr.trim().split('\n');
      assert.match(lines[0] ?? '', /^ns-helper: before: /);
      assert.match(lines.at(-1) ?? '', /^ns-helper: after: /);
      const mark = 'ns-helper: not as in the container: ';
      return lines.slice(1, -1).map((line) => {
        assert.ok(line.startsWith(mark), line);
        return line.slice(mark.length);
      });
    }
    const enterIt = (target: number, types: string, as: string): string[] => [
      ...[NODE, '--', HELPER, 'enter', '--target', String(target), '--join', types, '--as', as],
      ...['--verbose', '--', 'true'],
    ];

    it('nothing, where all could be taken on', async () => {
      assert.deepEqual(await notesOf(enterIt(box.pid, 'mnt,net', 'target')), []);
    });

    it('how soon it is killed for want of memory, and its limits, where these cannot be set', async () => {
      const other = await startSandbox({ types: ['net'] });
      try {
        await run('choom', ['--adjust=500', '--pid', String(other.pid)]);
        await run('prlimit', [`--pid=${other.pid}`, '--nofile=4000:5000']);
        // A hard limit is raised by CAP_SYS_RESOURCE alone.
        const weak = ['prlimit', '--nofile=1000:1000', 'setpriv', '--bounding-set=-sys_resource', '--'];
        const script = 'mount -o remount,bind,ro /proc; exec "$@"';
        const readOnly = ['unshare', '--mount', '--', 'sh', '-euc', script, 'sh'];
        assert.deepEqual(await notesOf([...weak, ...readOnly, ...enterIt(other.pid, 'net', 'target')]), [
          'oom_score_adj 500: openat: read-only file system',
          'limit of open files, 4000: prlimit: operation not permitted',
        ]);
      } finally {
        await other.stop();
      }
    });

    it('its cgroup, where that cannot be written to', async () => {
      const find = ['--noheadings', '--first-only', '--types', 'cgroup2,cgroup', '--output', 'TARGET'];
      const hierarchy = (await run('findmnt', find)).trim();
      const cgroup = `${hierarchy}/lns-${randomBytes(4).toString('hex')}`;
      mkdirSync(cgroup);
      const other = await startSandbox({ types: ['net'] });
      try {
        writeFileSync(`${cgroup}/cgroup.procs`, String(other.pid));
        const script = 'mount -o remount,bind,ro "$1"; shift; exec "$@"';
        const readOnly = ['unshare', '--mount', '--', 'sh', '-euc', script, 'sh', hierarchy];
        assert.deepEqual(await notesOf([...readOnly, ...enterIt(other.pid, 'net', 'target')]), [
          `cgroup "${cgroup}": read-only file system`,
        ]);
      } finally {
        await other.stop();
        await waitFor('the cgroup to be empty', () => !isRunning(other.pid));
        rmdirSync(cgroup);
      }
    });

    it('/proc, where another one than the host’s may not be mounted', async () => {
      const copy = new PublicCopy();
      try {
        // Part of it is hidden, and by a user namespace of one's own nothing may come to light (mount_namespaces(7)).
        const hidden = ['unshare', '--mount', '--', 'sh', '-euc', 'mount -t tmpfs none /proc/fs; exec "$@"', 'sh'];
        const enter = [copy.node, '--', copy.helper, 'enter', '--new', 'user,pid', '--verbose', '--', 'true'];
        assert.deepEqual(await notesOf([...hidden, ...asUser(user, enter)], user.env), [
          '/proc: operation not permitted',
        ]);
        const own = await startSandbox({ types: ['user', 'net', 'pid'], user });
        try {
          const [, , , ...args] = enterIt(own.pid, 'user,net,pid', 'me');
          assert.deepEqual(
            await notesOf([...hidden, ...asUser(user, [copy.node, '--', copy.helper, ...args])], user.env),
            ['/proc: operation not permitted'],
          );
        } finally {
          await own.stop();
        }
      } finally {
        copy.remove();
      }
    });

    it('its environment and directory, where its own user may not read them', async () => {
      const copy = new PublicCopy();
      const started: number[] = [];
      const sleepBelow = async (argv: readonly string[]): Promise<number> => {
        const [program = '', ...args] = argv;
        const { pid } = await background(program, [...args, 'sleep', '1000'], '/dev/null');
        started.push(pid);
        return waitFor('sleep', () => descendantsOf(pid).find((child) => commOf(child) === 'sleep'));
      };
      try {
        const root = await sleepBelow(asUser(user, ['unshare', '--user', '--pid', '--fork', '--kill-child']));
        for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${root}/${map}`, `0 ${user.uid} 1\n1 7654 1\n`);
        const spaces = ['user', 'pid'].map((type) => `--${type}=/proc/${root}/ns/${type}`);
        const other = await sleepBelow(['nsenter', ...spaces, '--setuid=1', '--setgid=1', '--']);
        const [, , , ...enter] = enterIt(other, 'user,pid', 'target');
        assert.deepEqual(await notesOf(asUser(user, [copy.node, '--', copy.helper, ...enter]), user.env), [
          'its environment and directory may not be read',
        ]);
      } finally {
        await end(started, 0);
        copy.remove();
      }
    });
  });
});
