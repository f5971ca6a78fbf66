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
    const argv = [...before, NODE, LAUNCHER, await server.socketPath(), '--key', key];
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

  it('tells of nothing where it becomes the program', async () => {
    const { key, ended } = await launch('/bin/true');
    assert.equal(ended.code, 0);
    assert.equal(server.failureOf(key), null);
  });
});
