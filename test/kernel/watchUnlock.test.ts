// Unlocking by a real sudo, as users whom it asks, does not ask, or refuses.
import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { shield } from '../../helper/protocol';
import { end, isRunning, signal, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import type { UnlockEvent, UnlockJob } from '../support/unlockAsUser';
import { makeUser, type SudoRule, type TestUser } from '../support/users';
import { HELPER, inotifyWatchesOf } from './support';
import { PublicCopy } from './supportUsers';

const TAG = `lns-${randomBytes(3).toString('hex')}`;
const ASKPASS = join(dirname(HELPER), 'askpass.js');
const AS_USER = join(__dirname, '../support/unlockAsUser.js');

interface Extension {
  readonly child: ChildProcessWithoutNullStreams;
  readonly events: UnlockEvent[];
  readonly base: string;
}

describe('unlock: the scan as root, by a real sudo', () => {
  let copy: PublicCopy;
  let sandbox: Sandbox;
  const users: TestUser[] = [];
  const extensions: Extension[] = [];
  before(async () => {
    copy = new PublicCopy();
    for (const file of [ASKPASS, AS_USER]) copyFileSync(file, inCopy(file));
    sandbox = await startSandbox({ name: TAG, types: ['net', 'pid', 'mnt'] });
  });
  after(async () => {
    await sandbox.stop();
    copy.remove();
  });
  afterEach(async () => {
    await end(extensions.map(({ child }) => child.pid ?? 0));
    for (const { base } of extensions.splice(0)) rmSync(base, { recursive: true });
    for (const user of users.splice(0)) await user.remove();
  });

  const inCopy = (file: string): string => join(dirname(copy.helper), file.split('/').at(-1) ?? '');

  async function start(
    rule: SudoRule,
    answersOf: (user: TestUser) => (string | null)[],
    sudo = 'sudo',
    otherBase?: string,
  ): Promise<Extension> {
    const user = await makeUser(rule);
    users.push(user);
    const base = mkdtempSync('/tmp/lns-unlock-');
    chownSync(base, user.uid, user.gid);
    chmodSync(base, 0o700);
    const job: UnlockJob = {
      helperPath: copy.helper,
      askpassPath: inCopy(ASKPASS),
      base: otherBase ?? base,
      sudo,
      answers: answersOf(user),
      name: TAG,
    };
    // The answers would be seen in /proc otherwise, where this test looks for them.
    const child = spawn(copy.node, ['--', inCopy(AS_USER)], {
      uid: user.uid,
      gid: user.gid,
      cwd: '/',
      env: user.env,
    });
    child.stdin.write(`${JSON.stringify(job)}\n`);
    child.stderr.pipe(process.stderr);
    child.stdin.on('error', () => undefined);
    const events: UnlockEvent[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line) as UnlockEvent));
    const extension = { child, events, base };
    extensions.push(extension);
    return extension;
  }
  const result = ({ events }: Extension): Promise<UnlockEvent> =>
    waitFor('the unlocking to end', () => events.find(({ event }) => event === 'result'), 20_000);
  const asked = ({ events }: Extension): boolean[] =>
    events.flatMap((event) => (event.event === 'asked' ? event.again : []));
  const latest = ({ events }: Extension): string =>
    JSON.stringify(events.filter((event) => event.event === 'shown').at(-1)?.locked);
  const shows = (extension: Extension, locked: string): Promise<boolean> =>
    waitFor(`the sandbox to be shown with ${locked} locked`, () => latest(extension) === locked);
  /** The scans that run as root below this extension. */
  const rootScans = (): number[] =>
    pids().filter(
      (pid) => commandOf(pid).includes([copy.helper, ...shield(['scan', '--watch'])].join('\0')) && ownerOf(pid) === 0,
    );
  const rootScansEnd = (): Promise<boolean> => waitFor('the scan as root to end', () => !rootScans().some(isRunning));

  it('asks nothing where sudo wants no password, shows each thing once, and locks again', async () => {
    const extension = await start('nopasswd', () => []);
    assert.deepEqual(await result(extension), { event: 'result', unlocked: true, error: null });
    assert.deepEqual(asked(extension), []);
    await shows(extension, '[0]');
    assert.ok(rootScans().length > 0);
    assert.deepEqual(readdirSync(extension.base), [], 'what asks for the password is gone');
    extension.child.stdin.write('lock\n');
    await shows(extension, '[8]');
    await rootScansEnd();
    const locks = extension.events.flatMap((event) => (event.event === 'shown' ? [event.locked.length] : []));
    assert.ok(
      locks.every((count) => count <= 1),
      'never twice',
    );
    assert.ok(!extension.events.some(({ event }) => event === 'ended'), 'locking is no failure');
  });

  it('asks for the password, again where it was wrong, and keeps it nowhere', async () => {
    let password = '';
    const extension = await start('password', (user) => {
      password = user.password;
      return [`not-${user.password}`, user.password];
    });
    assert.deepEqual(await result(extension), { event: 'result', unlocked: true, error: null });
    assert.deepEqual(asked(extension), [false, true]);
    assert.match(JSON.stringify(extension.events), /"prompt":"[^"]*\S[^"]*"/);
    await shows(extension, '[0]');
    for (const pid of pids()) {
      for (const file of ['cmdline', 'environ'])
        assert.ok(!readText(`/proc/${pid}/${file}`).includes(password), `${file} of ${commandOf(pid)}`);
    }
  });

  it('ends quietly where the person would not say', async () => {
    const extension = await start('password', () => [null]);
    assert.deepEqual(await result(extension), { event: 'result', unlocked: false, error: null });
    assert.deepEqual(asked(extension), [false]);
    await shows(extension, '[8]');
    assert.deepEqual([rootScans(), readdirSync(extension.base)], [[], []]);
  });

  it('says what sudo says where it refuses, and what to do', async () => {
    const wrong = await start('password', () => ['a', 'b', 'c', 'd']);
    const refused = await result(wrong);
    assert.ok(refused.event === 'result' && refused.error !== null);
    assert.match(refused.error, /^Nothing was unlocked: sudo: 3 [^\n]*"sudo -l"[^\n]*$/);
    assert.deepEqual(asked(wrong), [false, true, true]);
    const nobody = await start('none', (user) => [user.password]);
    const never = await result(nobody);
    assert.ok(never.event === 'result' && never.error !== null);
    assert.match(never.error, /^Nothing was unlocked: [^\n]+"sudo -l"[^\n]*$/);
    await shows(nobody, '[8]');
  });

  it('says where there is no sudo', async () => {
    const extension = await start('none', () => [], '/nowhere/sudo');
    const missing = await result(extension);
    assert.ok(missing.event === 'result');
    assert.match(missing.error ?? '', /^\/nowhere\/sudo is not installed[^\n]*namespaces\.sudo\.path/);
  });

  it('asks doas for what takes no password, and says so where it takes one', async () => {
    const doas = inCopy('doas');
    // As doas(1) of OpenBSD and its ports: it knows -n and no -A.
    writeFileSync(doas, '#!/bin/sh\n[ "$1" = -n ] && echo "doas: Authentication required" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const extension = await start('none', () => [], doas);
    const refused = await result(extension);
    assert.ok(refused.event === 'result');
    assert.match(refused.error ?? '', /^Nothing was unlocked: doas: Authentication required\. [^\n]*"nopass"[^\n]*$/);
    assert.deepEqual(asked(extension), []);
  });

  it('says why nothing could be asked', async () => {
    const extension = await start('password', () => [], 'sudo', '/proc');
    const failed = await result(extension);
    assert.ok(failed.event === 'result');
    assert.match(failed.error ?? '', /^Nothing was unlocked: ENOENT[^\n]*$/);
  });

  it('only waits while it is not seen, and goes on without asking', async () => {
    const extension = await start('password', (user) => [user.password]);
    await result(extension);
    await shows(extension, '[0]');
    extension.child.stdin.write('stop\n');
    const [scan = 0] = rootScans().filter((pid) => commandOf(pid).startsWith(copy.node));
    await waitFor('its inotify watches to be gone', () => inotifyWatchesOf(scan) === 0);
    const more = [await startSandbox({ name: TAG, types: ['net'] })];
    try {
      // What was on its way is here by now.
      const before = extension.events.length;
      more.push(await startSandbox({ name: TAG, types: ['uts'] }));
      assert.equal(extension.events.length, before);
      extension.child.stdin.write('start\n');
      await shows(extension, '[0,0,0]');
      assert.deepEqual(asked(extension), [false]);
    } finally {
      for (const started of more) await started.stop();
    }
  });

  for (const how of ['SIGKILL', 'SIGTERM'] as const) {
    it(`ends with the editor, by ${how}`, async () => {
      const extension = await start('nopasswd', () => []);
      await result(extension);
      assert.ok(rootScans().length > 0);
      signal(extension.child.pid ?? 0, how);
      await once(extension.child, 'close');
      await rootScansEnd();
    });
  }

  it('stops asking when the editor goes while it asks', async () => {
    assert.ok(existsSync(ASKPASS));
    const extension = await start('password', () => []);
    await waitFor('the question', () => asked(extension).length === 1);
    signal(extension.child.pid ?? 0, 'SIGKILL');
    await waitFor('sudo to end', () => !pids().some((pid) => commandOf(pid).includes(copy.helper) && isRunning(pid)));
  });
});

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
const commandOf = (pid: number): string => readText(`/proc/${pid}/cmdline`);
const ownerOf = (pid: number): number => Number(/^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? -1);

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
