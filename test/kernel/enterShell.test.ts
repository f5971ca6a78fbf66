// What runs where no command is given: the caller's own shell, or with mnt the first that is found in there.
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { capture, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { enter, HELPER, inodesOf, NODE } from './support';

describe('enter: without a command', () => {
  let box: Sandbox;
  let folder: string;
  const boxes: Sandbox[] = [];
  const of = (pid: number, types: string): string[] => ['--target', String(pid), '--join', types];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-shell-'));
    box = await startSandbox({ types: ['mnt', 'net', 'pid', 'uts', 'user'] });
  });
  after(async () => {
    for (const each of [box, ...boxes]) await each.stop();
    rmSync(folder, { recursive: true });
  });

  /** A sandbox whose root directory holds sleep(1), what that needs, and `files` of the host's under other names. */
  async function chrooted(
    name: string,
    files: Record<string, string>,
    types: readonly NamespaceName[] = ['mnt'],
  ): Promise<{ pid: number; root: string }> {
    const root = join(folder, name);
    for (const [path, source] of Object.entries({ '/sleep': '/bin/sleep', ...files })) {
      // One that is linked statically has none, which is an error to ldd.
      const libraries = (await capture('ldd', [source])).stdout.match(/\/\S+(?= \()/g) ?? [];
      for (const [from, to] of [[source, path], ...libraries.map((each) => [each, each])] as const) {
        mkdirSync(dirname(join(root, to)), { recursive: true });
        copyFileSync(from, join(root, to));
      }
    }
    // Under chroot's own name until it has become sleep in there.
    const started = await startSandbox({ name: '/sleep', types, command: ['chroot', root, '/sleep', '1000'] });
    boxes.push(started);
    await waitFor('chroot', () => readlinkSync(`/proc/${started.pid}/root`) === root);
    return { pid: started.pid, root };
  }

  for (const types of ['mnt', 'mnt,pid', 'mnt,user', 'mnt,user,pid']) {
    it(`in ${types}: a shell of the target’s, at its root`, async () => {
      const result = await enter(of(box.pid, types), {
        input: 'pwd -P; stat --format=%i --dereference /proc/self/ns/mnt\n',
      });
      const inode = types.includes('pid') ? `${inodesOf(box.pid).mnt}\n` : '';
      assert.equal(result.stdout, `/\n${inode}`, result.stderr);
      assert.equal(result.code, inode === '' ? 1 : 0);
    });
  }

  it('without mnt: the shell that SHELL names, where the caller is', async () => {
    const shell = join(folder, 'my-shell');
    writeFileSync(shell, '#!/bin/sh\necho "mine in $PWD"\n', { mode: 0o755 });
    chmodSync(folder, 0o755);
    const options = { cwd: folder, env: { ...process.env, SHELL: shell } };
    const result = await enter(of(box.pid, 'net'), options);
    assert.equal(result.stdout, `mine in ${folder}\n`, result.stderr);
  });

  it('in a root directory that is another than the mount namespace’s: the shell in there, and nothing else', async () => {
    const { pid } = await chrooted('with-sh', { '/bin/sh': '/bin/sh' });
    const result = await enter(of(pid, 'mnt'), { input: 'cd ..; pwd -P; echo /*\n' });
    assert.match(result.stdout, /^\/\n\/bin \/lib\S*( \/\S+)* \/sleep\n$/, result.stderr);
    assert.ok(!result.stdout.includes('/etc'));
  });

  it('where there is none: refused, and the way out is named', async () => {
    const { pid } = await chrooted('without-sh', {});
    const result = await enter(of(pid, 'mnt'), { input: 'echo never\n' });
    assert.equal(result.code, EXIT.noShell.code, result.stderr);
    assert.match(result.stderr, /^ns-helper: there is no shell [^\n]*leave mnt out[^\n]*\n$/);
    assert.equal(result.stdout, '');
  });

  it('where the only ones are no programs, or links that lead out: refused', async () => {
    const { pid, root } = await chrooted('with-fakes', {});
    mkdirSync(join(root, 'bin/bash'), { recursive: true });
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    writeFileSync(join(root, 'bin/sh'), 'not executable');
    await run('mkfifo', ['--mode=777', join(root, 'bin/ash')]);
    // To the target these are links to its own root, where there is nothing.
    symlinkSync('/../../../../../bin/sleep', join(root, 'usr/bin/bash'));
    symlinkSync(`/proc/${process.pid}/exe`, join(root, 'usr/bin/sh'));
    const result = await enter(of(pid, 'mnt'), { input: 'echo never\n' });
    assert.equal(result.code, EXIT.noShell.code, result.stderr);
    chmodSync(join(root, 'bin/sh'), 0o755);
    assert.notEqual((await enter(of(pid, 'mnt'))).code, EXIT.noShell.code);
  });

  it('where there is only busybox: as its shell', async function () {
    const busybox = '/bin/busybox';
    assert.ok(existsSync(busybox) || existsSync('/usr/bin/busybox'), 'the tests need busybox');
    const { pid } = await chrooted('with-busybox', { '/bin/busybox': busybox });
    const result = await enter(of(pid, 'mnt'), { input: 'echo a $((1 + 2)); pwd\n' });
    assert.equal(result.stdout, 'a 3\n/\n', result.stderr);
  });

  it('a command in there is found in there', async () => {
    const { pid } = await chrooted('with-command', { '/usr/bin/only-here': '/bin/echo' });
    const result = await enter([...of(pid, 'mnt'), '--', 'only-here', 'yes']);
    assert.equal(result.stdout, 'yes\n', result.stderr);
    assert.equal((await enter([...of(pid, 'mnt'), '--', 'ls'])).code, 127);
  });

  it('--root: another root directory for mnt', async () => {
    const { pid, root } = await chrooted('for-root', { '/bin/echo': '/bin/echo' });
    const result = await enter([...of(box.pid, 'mnt'), '--root', root, '--', '/bin/echo', 'there']);
    assert.equal(result.stdout, 'there\n', result.stderr);
    assert.ok(pid > 0);
  });

  describe('in the caller’s own mount namespace', () => {
    it('a target that has another root directory: entered there', async () => {
      const { pid } = await chrooted('own-mnt', { '/bin/only-here': '/bin/echo' }, ['uts']);
      assert.equal(inodesOf(pid).mnt, inodesOf('self').mnt);
      const result = await enter([...of(pid, 'mnt,uts'), '--', 'only-here', 'yes']);
      assert.deepEqual(result, { code: 0, signal: null, stdout: 'yes\n', stderr: '' });
    });

    it('--root: taken as well', async () => {
      const { root } = await chrooted('own-root', { '/bin/only-here': '/bin/echo' });
      const result = await enter([...of(process.pid, 'mnt'), '--root', root, '--', '/bin/only-here', 'yes']);
      assert.deepEqual(result, { code: 0, signal: null, stdout: 'yes\n', stderr: '' });
    });

    it('also where Node is read-only already, so that no helper is started anew in a copy of it', async () => {
      const { root } = await chrooted('read-only', { '/bin/only-here': '/bin/echo' });
      const script = `mount --bind -o ro "$1" "$1"
        chroot "$3" /sleep 1000 &
        until [ "$(readlink /proc/$!/root)" = "$3" ]; do :; done
        "$1" -- "$2" enter --target $! --join mnt -- only-here yes || code=$?
        kill $!
        exit $\{code:-0}`;
      const result = await capture('unshare', ['--mount', '--', 'sh', '-euc', script, 'sh', NODE, HELPER, root]);
      assert.deepEqual(result, { code: 0, signal: null, stdout: 'yes\n', stderr: '' });
    });
  });
});
