// The launcher itself, where it cannot go on: its terminal closes with its words, so the extension has to hear them.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LaunchServer } from '../../extension/launch/launchServer';
import { capture, type RunResult } from '../support/run';
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
