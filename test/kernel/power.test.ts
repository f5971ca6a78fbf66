// `power`: the containers that it ends, as their parents see it; and what it never ends, whatever the arguments.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCause } from '../../helper/protocol';
import { background, capture, end, isRunning, signal, waitFor, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { descendantsOf, helper, HELPER, inodesOf, NODE, startTimeOf } from './support';
import { asUser, PublicCopy } from './supportUsers';

const power = (...args: string[]): Promise<RunResult> => helper(['power', ...args]);

describe('power: what it ends', () => {
  const boxes: Sandbox[] = [];
  const sandbox = async (options: Parameters<typeof startSandbox>[0]): Promise<Sandbox> => {
    const box = await startSandbox(options);
    boxes.push(box);
    return box;
  };
  afterEach(async () => {
    for (const box of boxes.splice(0)) await box.stop();
  });

  // reboot(2): the parent of the namespace's init sees it ended by this signal, and so knows what was asked for.
  for (const [action, seenAs] of [
    ['restart', 'SIGHUP'],
    ['halt', 'SIGINT'],
  ] as const) {
    it(`${action} ends init and all below it, and its parent sees ${seenAs}`, async () => {
      // unshare(1) ends by the signal that its child ended by.
      const unshare = spawn('unshare', ['--pid', '--fork', '--', 'sh', '-c', 'sleep 1000 & sleep 1000'], {
        stdio: 'ignore',
      });
      const ended = once(unshare, 'exit');
      try {
        const pids = await waitFor('both sleeps', () => {
          const found = descendantsOf(unshare.pid ?? 0);
          return found.length === 3 ? found : null;
        });
        const init = pids[0] ?? 0;
        const target = `${init}@${startTimeOf(init)}`;
        const result = await power(action, '--target', target, '--inode', String(inodesOf(init).pid));
        assert.deepEqual(result, { code: 0, signal: null, stdout: '', stderr: '' });
        assert.deepEqual(await ended, [null, seenAs]);
        assert.deepEqual(pids.filter(isRunning), []);
      } finally {
        signal(unshare.pid ?? 0, 'SIGKILL');
      }
    });
  }

  it('by any process in there, with a filesystem and user namespace of its own', async () => {
    const types = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'] as const;
    const box = await sandbox({ types, command: ['bash', '-c', 'sleep 1000 & exec -a sandbox sleep 1000'] });
    const other = await waitFor('a second process', () => descendantsOf(box.pid)[0]);
    const result = await power('halt', '--target', String(other));
    assert.equal(result.code, 0, result.stderr);
    // Init is the last to go: it waits for all others (pid_namespaces(7)).
    await waitFor('init to end', () => !isRunning(box.pid));
  });

  it('the innermost alone, where pid namespaces are nested', async () => {
    const script = 'unshare --pid --fork --kill-child -- sleep 1000 & wait; exec -a sandbox sleep 1000';
    const box = await sandbox({ types: ['pid'], command: ['bash', '-c', script] });
    const inner = await waitFor('the inner one', () =>
      descendantsOf(box.pid).find((pid) => inodesOf(pid).pid !== inodesOf(box.pid).pid),
    );
    assert.equal((await power('halt', '--target', String(inner))).code, 0);
    assert.ok(!isRunning(inner));
    assert.ok(isRunning(box.pid));
  });
});

describe('power: what it never ends', () => {
  let box: Sandbox;
  let dead: number;
  let user: TestUser;
  let theirs: Sandbox;
  let copy: PublicCopy;
  /** A process with other namespaces of its own, but not of pid. */
  let sharing: Sandbox;
  const undo: (() => unknown)[] = [];

  before(async () => {
    box = await startSandbox({ types: ['mnt', 'net', 'pid'] });
    undo.push(() => box.stop());
    sharing = await startSandbox({ types: ['mnt', 'net', 'uts'] });
    undo.push(() => sharing.stop());
    user = await makeUser('none');
    undo.push(() => user.remove());
    theirs = await startSandbox({ types: ['user', 'pid'], user });
    undo.push(() => theirs.stop());
    copy = new PublicCopy();
    undo.push(() => {
      copy.remove();
    });
    const ended = await background('sleep', ['1000'], '/dev/null');
    await end([ended.pid]);
    dead = ended.pid;
  });
  after(async () => {
    for (const step of undo.reverse()) await step();
  });
  afterEach(() => {
    for (const { pid } of [box, sharing, theirs]) assert.ok(isRunning(pid), `sandbox ${pid} was ended`);
  });

  const target = (): string[] => ['--target', String(box.pid)];

  const REFUSED: [string, () => string[], ExitCause, RegExp][] = [
    ['the machine, by its first process', () => ['halt', '--target', '1'], 'notPermitted', /process 1\b/],
    [
      'the machine, by a process of the kernel’s',
      () => ['halt', '--target', '2'],
      'notPermitted',
      /process 2\b.*never/,
    ],
    ['the machine, by ourselves', () => ['restart', '--target', String(process.pid)], 'notPermitted', /never/],
    [
      'the machine, by its inode too',
      () => ['halt', '--target', String(process.pid), '--inode', String(inodesOf('self').pid)],
      'notPermitted',
      /the machine's own pid namespace/,
    ],
    [
      'a sandbox that shares the machine’s processes',
      () => ['halt', '--target', String(sharing.pid)],
      'notPermitted',
      /the machine's own pid namespace/,
    ],
    ['another inode', () => ['halt', ...target(), '--inode', '4026531836'], 'wrongNamespace', /pid:\[4026531836\]/],
    [
      'another start time',
      () => ['halt', '--target', `${box.pid}@${startTimeOf(box.pid) - 1}`],
      'staleTarget',
      /started at tick/,
    ],
    ['a process that has ended', () => ['halt', '--target', String(dead)], 'noTarget', /no process/],
    ['nothing', () => [], 'badArguments', /restart or halt/],
    ['an unknown action', () => ['reboot', ...target()], 'badArguments', /"reboot"/],
    ['no target', () => ['halt'], 'badArguments', /--target/],
    ['a target without its pid', () => ['halt', '--target'], 'badArguments', /--target/],
    ['a target that is no pid', () => ['halt', '--target', '-1'], 'badArguments', /"-1"/],
    ['the target 0', () => ['halt', '--target', '0'], 'badArguments', /"0"/],
    ['two targets', () => ['halt', ...target(), '--target', '2'], 'badArguments', /"--target"/],
    ['an inode that is no number', () => ['halt', ...target(), '--inode', '0x1'], 'badArguments', /--inode/],
    ['an inode that is missing', () => ['halt', ...target(), '--inode'], 'badArguments', /--inode/],
    ['an unknown option', () => ['halt', ...target(), '--force', '1'], 'badArguments', /"--force"/],
    ['a further argument', () => ['halt', ...target(), '--inode', '1', 'x\ny'], 'badArguments', /"x\\ny"/],
  ];
  for (const [what, args, cause, says] of REFUSED) {
    it(`${what}: ${EXIT[cause].code}`, async () => {
      const result = await power(...args());
      assert.equal(result.code, EXIT[cause].code, result.stderr);
      assert.match(result.stderr, /^ns-helper: [^\n]+\n$/);
      assert.match(result.stderr, says);
    });
  }

  it('its own pid namespace, from inside a container', async () => {
    const inside = ['--target', String(box.pid), '--pid', '--mount', '--', NODE, '--', HELPER];
    const result = await capture('nsenter', [...inside, 'power', 'halt', '--target', '1']);
    assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
  });

  it('what the caller has no right over: another’s container, or, without sudo, their own', async () => {
    for (const { pid } of [box, theirs]) {
      const [program = '', ...args] = asUser(user, [copy.node, '--', copy.helper, 'power', 'halt', '--target']);
      const result = await capture(program, [...args, String(pid)]);
      assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
      assert.match(result.stderr, /^ns-helper: [^\n]*sudo\n$/);
    }
  });

  it('anything, as root that may not reboot', async () => {
    const command = [NODE, '--', HELPER, 'power', 'halt', ...target()];
    const result = await capture('setpriv', ['--bounding-set=-sys_boot', '--inh-caps=-sys_boot', '--', ...command]);
    assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
    assert.match(result.stderr, /^ns-helper: the pid namespace of process \d+ [^\n]*operation not permitted\n$/);
  });

  it('is what root may end, once asked for by the right name', async () => {
    // The witness of the tests above: nothing but the refusal kept these alive.
    const other = await startSandbox({ types: ['user', 'pid'], user });
    try {
      assert.equal((await power('halt', '--target', String(other.pid))).code, 0);
      assert.ok(!isRunning(other.pid));
    } finally {
      await other.stop();
    }
  });
});

describe('power: a hostile container', () => {
  // As after --cap-add SYS_PTRACE: it may look into every process that it sees, and looks for one with the host's files
  // under each of the next process ids, as fast as it can.
  const HUNTER = `
    my $secret = "$ARGV[0]/host-file";
    open(my $ready, ">", "$ARGV[0]/ready") or die;
    for (;;) {
      for my $pid ($$ + 1 .. $$ + 3) {
        open(my $file, "<", "/proc/$pid/root$secret") or next;
        open(my $found, ">", "$ARGV[0]/found") or die;
        close($found);
      }
    }`;
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-power-'));
    writeFileSync(join(folder, 'host-file'), 'the host’s');
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Whether the hunter found what it looks for while `act` ended it. */
  async function isFound(act: (pid: number) => Promise<unknown>): Promise<boolean> {
    const script = `mount -t tmpfs none "$1"
      exec setpriv --bounding-set=-all,+sys_ptrace --inh-caps=-all -- bash -c 'exec -a sandbox perl -e "$2" "$1"' bash "$@"`;
    const command = ['bash', '-euc', script, 'bash', folder, HUNTER];
    const box = await startSandbox({ types: ['pid', 'mnt'], command });
    // What it writes outlives it through this.
    const inside = openSync(await waitFor('the hunter', () => lookup(`/proc/${box.pid}/root${folder}`)), 'r');
    try {
      await act(box.pid);
      return existsSync(`/proc/self/fd/${inside}/found`);
    } finally {
      closeSync(inside);
      await box.stop();
    }
  }
  const lookup = (path: string): string | null => (existsSync(`${path}/ready`) ? path : null);

  it('never sees the host’s files in what ends it', async () => {
    for (let round = 0; round < 10; round++) {
      const found = await isFound(async (pid) => {
        const result = await power('halt', '--target', String(pid));
        assert.equal(result.code, 0, result.stderr);
      });
      assert.ok(!found);
    }
  });

  it('would see them in a process that had them', async () => {
    const visit = (pid: number): Promise<unknown> =>
      capture('nsenter', [`--target=${pid}`, '--pid', '--', 'sleep', '0.3']);
    assert.ok(await isFound(visit));
  });
});
