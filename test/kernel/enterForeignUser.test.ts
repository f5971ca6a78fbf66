// User namespaces that are somebody else's: nsenter(1) would say no more than "Operation not permitted".
import assert from 'node:assert/strict';
import { readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { EXIT } from '../../helper/protocol';
import { background, capture, end, run, waitFor, type RunResult } from '../support/run';
import { makeUser, type TestUser } from '../support/users';
import { commOf, HELPER, NODE } from './support';
import { asUser, PublicCopy } from './supportUsers';

describe('enter: a user namespace', () => {
  let user: TestUser;
  let copy: PublicCopy;
  const started: number[] = [];
  before(async () => {
    user = await makeUser('none');
    copy = new PublicCopy();
  });
  after(async () => {
    await end(started);
    copy.remove();
    await user.remove();
  });

  /** A process of a user's in a user namespace that another process may have made for it. */
  async function inUserNamespace(...argv: string[]): Promise<number> {
    const [program = '', ...args] = argv;
    const { pid } = await background(program, [...args, 'unshare', '--user', 'sleep', '1000'], '/dev/null');
    started.push(pid);
    await waitFor('a user namespace', () => commOf(pid) === 'sleep');
    return pid;
  }
  const as = (uid: number): string[] => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
  const enterAsUser = (...args: string[]): Promise<RunResult> => {
    const [program = '', ...rest] = asUser(user, [copy.node, '--', copy.helper, 'enter', ...args]);
    return capture(program, rest, { env: user.env, cwd: '/' });
  };
  /** As a bind mount would have it: for everybody to open. */
  async function withFile<T>(pid: number, action: (path: string) => Promise<T>): Promise<T> {
    const path = '/run/lns-user-namespace';
    writeFileSync(path, '');
    await run('mount', ['--bind', `/proc/${pid}/ns/user`, path]);
    try {
      return await action(path);
    } finally {
      await run('umount', [path]);
      rmSync(path);
    }
  }

  it('of somebody else’s, without sudo: whose it is, and what to do', async () => {
    const theirs = await inUserNamespace(...as(1234));
    const result = await withFile(theirs, (path) => enterAsUser('--file', `user=${path}`, '--', 'echo', 'executed'));
    assert.deepEqual([result.code, result.stdout], [EXIT.notPermitted.code, ''], result.stderr);
    assert.match(
      result.stderr,
      new RegExp(`^ns-helper: [^\\n]* belongs to uid 1234, [^\\n]*you are uid ${user.uid}[^\\n]*sudo\\n$`),
    );
  });

  it('made by another user inside of one’s own: entered', async () => {
    const own = await inUserNamespace(...as(user.uid));
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${own}/${map}`, `0 ${user.uid} 1\n1 7654 1\n`);
    const inner = await inUserNamespace('nsenter', `--user=/proc/${own}/ns/user`, '--setuid=1', '--setgid=1', '--');
    const link = readlinkSync(`/proc/${inner}/ns/user`);
    const command = ['--', 'readlink', '/proc/self/ns/user'];
    const result = await withFile(inner, (path) => enterAsUser('--file', `user=${path}`, ...command));
    assert.deepEqual([result.code, result.stdout], [0, `${link}\n`], result.stderr);
  });

  it('of one’s own, in which one is not root, as in Toolbox: entered without sudo as anybody who is somebody there', async () => {
    const own = await inUserNamespace(...as(user.uid));
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${own}/${map}`, `0 100000 1\n5 100005 1\n7 ${user.uid} 1\n`);
    for (const [who, id, capabilities] of [
      ['me', '7', /^0+$/],
      ['root', '0', /[1-9a-f]/],
      ['5:5', '5', /^0+$/],
    ] as const) {
      for (const view of [['--view', 'none'], []]) {
        const into = ['--target', String(own), '--join', 'user', '--as', who, ...view];
        const command = ['sh', '-c', 'id -u; id -g; grep CapEff /proc/self/status'];
        const { code, stdout, stderr } = await enterAsUser(...into, '--', ...command);
        assert.equal(code, 0, stderr);
        const [uid, gid, effective = ''] = stdout.trim().split(/\s+(?:CapEff:\s+)?/);
        assert.deepEqual([uid, gid], [id, id], who);
        assert.match(effective, capabilities, who);
      }
    }
    const unmapped = await enterAsUser('--target', String(own), '--join', 'user', '--as', '6:6', '--', 'true');
    assert.equal(unmapped.code, EXIT.identityFailed.code, unmapped.stderr);
  });

  it('that is not below one’s own, also for root of another: run it on the host', async () => {
    const theirs = await inUserNamespace(...as(1234));
    const enter = [NODE, '--', HELPER, 'enter', '--file'];
    const result = await withFile(theirs, (path) =>
      capture('unshare', ['--user', '--map-root-user', ...enter, `user=${path}`, '--', 'echo', 'executed']),
    );
    assert.deepEqual([result.code, result.stdout], [EXIT.notPermitted.code, ''], result.stderr);
    assert.match(result.stderr, /^ns-helper: [^\n]* not below your own[^\n]* on the host [^\n]*\n$/);
  });
});
