// The launcher itself, where it cannot go on: its terminal closes with its words, so the extension has to hear them.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LaunchServer } from '../../extension/launch/launchServer';
import { UserError } from '../../extension/model/userError';
import { capture, run, type RunResult } from '../support/run';
import { HELPER, NODE } from './support';

const LAUNCHER = join(dirname(HELPER), 'launcher.js');

describe('the launcher', () => {
  let base: string;
  let server: LaunchServer;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lns-launcher-'));
    server = new LaunchServer(
      base,
      process.pid,
      'zh-cn',
      () => Promise.reject(new Error('no task is started here')),
      { soon: () => undefined },
      () => undefined,
    );
  });
  afterEach(async () => {
    await server.dispose();
    rmSync(base, { recursive: true });
  });

  async function launch(command: string, ...before: string[]): Promise<{ key: string; ended: RunResult }> {
    const key = server.prepare((_, envFile) => Promise.resolve({ command, args: [], envFile }));
    const argv = [...before, NODE, LAUNCHER, await server.socketPath(), 'en', '--key', key];
    return { key, ended: await capture(argv[0] ?? NODE, argv.slice(1)) };
  }
  const filesLeft = (): string[] => readdirSync(base).flatMap((folder) => readdirSync(join(base, folder)));

  it('tells that a program is not there, and leaves no environment', async () => {
    const { key, ended } = await launch('no-such-sudo');
    assert.deepEqual([ended.code, ended.stdout], [1, '']);
    assert.match(server.failureOf(key) ?? '', /^no-such-sudo is not installed, or not on your PATH/);
    assert.deepEqual(filesLeft(), ['s']);
    assert.equal(await server.forget(key), false, 'sudo was not asked');
  });

  it('tells that its environment cannot be written, and leaves no part of it', async () => {
    // A full disk would do the same; a limit needs no disk (setrlimit(2), RLIMIT_FSIZE).
    const { key, ended } = await launch('/bin/true', 'prlimit', '--fsize=0', '--');
    assert.equal(ended.code, 1);
    assert.match(server.failureOf(key) ?? '', /^EFBIG/);
    assert.deepEqual(filesLeft(), ['s']);
    assert.equal(await server.forget(key), false, 'sudo was not asked');
  });

  it('is asked for again once a full disk has room', async () => {
    // A folder takes no block of a tmpfs, only one of its inodes; the first is the disk’s own (tmpfs(5)).
    await run('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=3,mode=700', 'tmpfs', base]);
    try {
      const [fill, folder] = [join(base, 'fill'), join(base, 'folder')];
      writeFileSync(fill, '');
      mkdirSync(folder);
      await assert.rejects(server.socketPath(), (error: Error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^Nothing can be started: .*ENOSPC.*Check that there is free space/);
        return true;
      });
      rmSync(fill);
      // Room for the folder, and none for the socket in it.
      await assert.rejects(server.socketPath(), /Nothing can be started: .*listen ENOSPC/);
      assert.deepEqual(readdirSync(base), ['folder']);
      rmSync(folder, { recursive: true });
      const { key, ended } = await launch('/bin/true');
      assert.equal(ended.code, 1);
      assert.match(server.failureOf(key) ?? '', /^ENOSPC/, 'there is no room for its environment either');
      const other = server.prepare(() => Promise.resolve({ command: '/bin/true', args: [], envFile: null }));
      const answered = await capture(NODE, [LAUNCHER, ...(await server.launcherArguments()), '--key', other]);
      assert.equal(answered.code, 0);
    } finally {
      await server.dispose();
      await run('umount', [base]);
    }
  });

  it('speaks the editor’s language where there are translations, and English where there are none', async () => {
    const [socketPath, language] = await server.launcherArguments();
    const says = async (...args: string[]): Promise<string> => (await capture(NODE, [LAUNCHER, ...args])).stderr;
    const key = server.prepare(() => Promise.resolve({ command: 'no-such-sudo', args: [], envFile: null }));
    assert.match(await says(socketPath, language, '--key', key), /^Namespaces: no-such-sudo 未安装/);
    // A terminal that outlived the extension has nobody to ask.
    const gone = join(base, 'gone');
    assert.match(await says(gone, language, '--key', 'x'), /^Namespaces: 扩展没有应答（.*ENOENT/);
    for (const other of ['en', 'tlh'])
      assert.match(await says(gone, other, '--key', 'x'), /^Namespaces: the extension does not answer \(.*ENOENT/);
  });

  it('tells of nothing where it becomes the program', async () => {
    const { key, ended } = await launch('/bin/true');
    assert.equal(ended.code, 0);
    assert.equal(server.failureOf(key), null);
  });
});
