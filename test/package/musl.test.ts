// The package for Alpine, run on musl: in a root folder as Alpine has it (scripts/lib/muslRoot.mjs), with a Node that was
// made for musl.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HELPER_FILES } from '../../helper/install/paths';
import { EXIT } from '../../helper/protocol';
import { capture, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { skip } from '../support/skip';
import { readZip } from '../support/zip';
import { vsixOf } from './support';

const ROOT = resolve('out/musl');
const JOINED = ['cgroup', 'ipc', 'uts', 'net', 'pid'] as const;
/** In a mount namespace of its own, which ends with the program. */
const INSIDE = `
  for folder in proc dev sys; do mount --rbind "/$folder" "$1/$folder"; done
  exec chroot "$@"`;

const inside = (...argv: string[]): Promise<RunResult> =>
  capture('unshare', ['--mount', '--', 'sh', '-euc', INSIDE, 'sh', ROOT, ...argv]);
const helper = (...args: string[]): Promise<RunResult> => inside('/usr/bin/node', '--', '/opt/helper.js', ...args);

async function said(result: Promise<RunResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

describe('on musl', () => {
  const name = `lns-musl-${randomUUID()}`;
  let sandbox: Sandbox;
  before(async function () {
    if (!existsSync(ROOT)) skip(this, 'a Node for musl is made on Debian 12 on x64 only');
    const files = readZip(vsixOf('alpine-x64'));
    for (const file of HELPER_FILES) {
      writeFileSync(`${ROOT}/opt/${file}`, files.get(`extension/dist/${file}`) ?? assert.fail(`no ${file}`));
    }
    sandbox = await startSandbox({ name, types: [...JOINED, 'mnt'] });
  });
  after(() => (sandbox as Sandbox | undefined)?.stop());
  const enter = (join: string, ...rest: string[]): Promise<RunResult> =>
    helper('enter', '--target', String(sandbox.pid), '--join', join, ...rest);

  it('Node is one for musl, and the helper starts', async () => {
    const glibc = 'String(process.report.getReport().header.glibcVersionRuntime)';
    assert.equal(await said(inside('/usr/bin/node', '--print', glibc)), 'undefined\n');
    assert.match(await said(helper('--version')), /^ns-helper \d+\.\d+\.\d+\n$/);
  });

  it('glibc’s Node does not load it, and says so', async () => {
    const other = await capture(process.execPath, ['--', `${ROOT}/opt/helper.js`, 'scan', '--json']);
    assert.deepEqual([other.code, other.stdout], [EXIT.internal.code, '']);
    assert.match(other.stderr, /musl/);
  });

  it('the scan finds a sandbox', async () => {
    const { containers } = JSON.parse(await said(helper('scan', '--json'))) as { containers: { name: string }[] };
    assert.equal(containers.filter((container) => container.name === name).length, 1);
  });

  it('a sandbox is entered: in place, and with a process of its own that waits', async () => {
    const own = (type: string): string => readlinkSync(`/proc/${sandbox.pid}/ns/${type}`);
    for (const types of [['net'], JOINED, [...JOINED, 'mnt']]) {
      const links = types.map((type) => `/proc/self/ns/${type}`);
      const look = ['sh', '-c', 'for link; do readlink "$link"; done', 'sh', ...links];
      const seen = await said(enter(types.join(), '--as', 'root', '--', ...look));
      assert.deepEqual(seen.trim().split('\n'), types.map(own), types.join());
    }
  });

  it('ids are taken on, and no group of root’s is kept', async () => {
    const status = await said(enter('net', '--as', '1234:5678', '--', 'cat', '/proc/self/status'));
    assert.match(status, /^Uid:(\t1234){4}\nGid:(\t5678){4}\n/m);
    assert.match(status, /^Groups:\t5678 $/m);
    // To change ids, musl's library has used a signal, which it leaves ignored.
    assert.match(status, /^SigIgn:\t0{16}$/m);
  });

  it('exit codes and signals come through, with and without a process that waits', async () => {
    for (const types of ['net', 'net,pid']) {
      const run = (script: string): Promise<RunResult> => enter(types, '--as', 'root', '--', 'sh', '-c', script);
      assert.equal((await run('exit 7')).code, 7, types);
      assert.equal((await run('kill -TERM $$')).signal ?? 'none', 'SIGTERM', types);
    }
  });

  it('user and time namespaces are entered, which takes no tool', async () => {
    const other = await startSandbox({ types: ['user', 'time'] });
    try {
      const args = ['--target', String(other.pid), '--join', 'user,time', '--as', 'root'];
      const links = 'readlink /proc/self/ns/user; readlink /proc/self/ns/time';
      const seen = await said(helper('enter', ...args, '--', 'sh', '-c', links));
      const own = ['user', 'time'].map((type) => readlinkSync(`/proc/${other.pid}/ns/${type}`));
      assert.deepEqual(seen.trim().split('\n'), own);
    } finally {
      await other.stop();
    }
  });
});
