// The helper as the extension starts it as root where a container's filesystem is joined, in a mount namespace of its own: the container
// cannot write to Node, and Node is not started a second time for that.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_MOUNTS } from '../../helper/protocol';
import { capture, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { HELPER, NODE } from './support';

const mounts = (): string => readFileSync('/proc/self/mountinfo', 'utf8');

describe('enter --own-mounts', () => {
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
  const enterMnt = (command: readonly string[], ...options: string[]): string[] => [
    ...[NODE, '--', HELPER, 'enter', OWN_MOUNTS.option, '--target', String(box.pid), '--join', 'mnt,pid', ...options],
    ...['--', ...command],
  ];
  const enter = (command: readonly string[], ...options: string[]): Promise<RunResult> =>
    capture(OWN_MOUNTS.program, [...OWN_MOUNTS.args, ...enterMnt(command, ...options)]);

  it('a program that makes Node itself run in there finds that it cannot be written to', async () => {
    const program = join(folder, 'program');
    const look = `try { require('fs').accessSync('/proc/self/exe', 2); console.log('open'); } catch ({ code }) { console.log(code); }`;
    writeFileSync(program, `#!/proc/self/exe\n${look}\n`, { mode: 0o755 });
    const { code, stdout, stderr } = await enter([program]);
    assert.deepEqual([code, stdout], [0, 'EROFS\n'], stderr);
  });

  it('starts Node once, and leaves the machine’s mounts as they are', async () => {
    const before = mounts();
    const child = spawn(OWN_MOUNTS.program, [...OWN_MOUNTS.args, ...enterMnt(['/bin/cat'])], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
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

  it('that is not true leaves the mounts as they are', async () => {
    // In a namespace that this test makes, not in the machine's own.
    const told = `"$@" && echo still >'${folder}/written'`;
    const argv = [...OWN_MOUNTS.args, 'sh', '-c', told, 'sh', ...enterMnt(['/bin/true'])];
    const { code, stderr } = await capture(OWN_MOUNTS.program, argv);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(readFileSync(join(folder, 'written'), 'utf8'), 'still\n');
  });

  it('removes the caller’s environment file, which lies on the same mount', async () => {
    const file = join(folder, 'environment');
    writeFileSync(file, 'GIVEN=here\0', { mode: 0o600 });
    const options = ['--environment-file', file, '--remove-environment-file'];
    const { code, stdout, stderr } = await enter(['/usr/bin/printenv', 'GIVEN'], ...options);
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
    const args = ['--target', String(box.pid), '--join', 'net', '--', '/usr/bin/printenv', 'PATH'];
    const argv = [...OWN_MOUNTS.args, NODE, '--', HELPER, 'enter', OWN_MOUNTS.option, ...args];
    const printed = await capture(OWN_MOUNTS.program, argv, { env: { PATH } });
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
