// start.sh, by which the helper is started as root where a container's filesystem is joined: the container cannot write to Node, and
// Node is not started a second time for that.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { HELPER, NODE } from './support';

const START = join(process.cwd(), 'helper/start.sh');
const mounts = (): string => readFileSync('/proc/self/mountinfo', 'utf8');

describe('start.sh', () => {
  let folder: string;
  let box: Sandbox;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-start-'));
    box = await startSandbox({ types: ['mnt', 'pid', 'net'] });
  });
  after(async () => {
    await box.stop();
    rmSync(folder, { recursive: true });
  });
  const entering = (command: readonly string[]): string[] => [
    ...[START, NODE, '--', HELPER, 'enter', '--target', String(box.pid), '--join', 'mnt,pid', '--', ...command],
  ];
  const enter = (command: readonly string[]): Promise<RunResult> => capture('/bin/sh', entering(command));

  it('a program that makes Node itself run in there finds that it cannot be written to', async () => {
    const program = join(folder, 'program');
    const look = `try { require('fs').accessSync('/proc/self/exe', 2); console.log('open'); } catch ({ code }) { console.log(code); }`;
    writeFileSync(program, `#!/proc/self/exe\n${look}\n`, { mode: 0o755 });
    const { code, stdout, stderr } = await enter([program]);
    assert.deepEqual([code, stdout], [0, 'EROFS\n'], stderr);
  });

  it('starts Node once, and leaves the machine’s mounts as they are', async () => {
    const before = mounts();
    const child = spawn('/bin/sh', entering(['/bin/cat']), { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    try {
      child.stdin.write('here\n');
      await once(child.stdout, 'data');
      // A helper that had started itself anew would go by a name of its own, see again.ts.
      assert.equal(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0')[0], NODE);
      assert.equal(mounts(), before);
    } finally {
      child.stdin.end();
    }
    assert.deepEqual(await ended, [0, null]);
  });

  it('a helper that is told so, but is not alone in its mount namespace, leaves the mounts as they are', async () => {
    // In one that this test makes, not in the machine's own.
    const told = `sh -c 'NS_HELPER_MOUNTS=$$ exec "$@"' sh "$@" && echo still >'${folder}/written'`;
    const argv = ['--mount', '--', 'sh', '-c', told, 'sh', ...entering(['/bin/true']).slice(1)];
    const { code, stderr } = await capture('unshare', argv);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(readFileSync(join(folder, 'written'), 'utf8'), 'still\n');
  });

  it('tells the command nothing of it', async () => {
    const { stdout } = await enter(['/usr/bin/env']);
    assert.match(stdout, /^PATH=/m);
    assert.doesNotMatch(stdout, /NS_HELPER/);
  });

  it('removes the caller’s environment file, which lies on the same mount', async () => {
    const file = join(folder, 'environment');
    writeFileSync(file, 'GIVEN=here\0', { mode: 0o600 });
    const options = ['--environment-file', file, '--remove-environment-file'];
    const argv = entering(['/usr/bin/printenv', 'GIVEN']);
    const { code, stdout, stderr } = await capture('/bin/sh', argv.toSpliced(argv.indexOf('enter') + 1, 0, ...options));
    assert.deepEqual([code, stdout], [0, 'here\n'], stderr);
    assert.ok(!existsSync(file));
  });

  it('runs nothing that the caller’s PATH names, which the command has all the same', async () => {
    const evil = join(folder, 'evil');
    mkdirSync(evil);
    for (const name of ['unshare', 'mount', 'sh']) {
      writeFileSync(join(evil, name), `#!/bin/sh\necho ran >'${folder}/ran'\n`, { mode: 0o755 });
    }
    const PATH = `${evil}:/usr/bin:/bin`;
    const argv = [START, NODE, '--', HELPER, 'enter', '--target', String(box.pid), '--join', 'net', '--'];
    const printed = await capture('/bin/sh', [...argv, '/usr/bin/printenv', 'PATH'], { env: { PATH } });
    assert.deepEqual([printed.stdout, printed.stderr], [`${PATH}\n`, '']);
    assert.ok(!existsSync(join(folder, 'ran')));
  });

  it('hands on arguments as they are, and the exit code', async () => {
    const odd = ['', 'a b', '$(id)', "'", 'two\nlines', '--mounted'];
    const printed = await enter(['printf', '<%s>', ...odd]);
    assert.equal(printed.stdout, odd.map((text) => `<${text}>`).join(''));
    assert.equal((await enter(['sh', '-c', 'exit 7'])).code, 7);
  });
});
