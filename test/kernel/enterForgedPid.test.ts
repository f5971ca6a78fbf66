// Where pid is joined by a joiner, its child is in reach of whoever has CAP_SYS_PTRACE in there, and so is the socket by which the helper is
// told whom to wait for (pidfd_getfd(2)). Here somebody in there does tell it, before the joiner does: the kernel says yes to that one call
// of the joiner's and does nothing, so that it never comes to who is first.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { isRunning, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { commOf, descendantsOf, HELPER, NODE, statusOf } from './support';
import { type Rule, writeFiltered } from './supportFilter';

/**
 * Takes the socket of the first process that has one and was not there before, says so, and writes into it what it is given in a file, or,
 * where that is empty, ends the writing, shutdown(2). pidfd_open(2) has the number 434 everywhere, pidfd_getfd(2) 438.
 */
const FORGE = `
  my ($folder) = @ARGV;
  my %known = map { $_ => 1 } glob '/proc/[0-9]*';
  my $mark = sub { open(my $file, '>', "$folder/$_[0]") or die "$_[0]: $!" };
  my $take = sub {
    for my $process (grep { !$known{$_} } glob '/proc/[0-9]*') {
      my $pidfd = syscall(434, substr($process, 6) + 0, 0);
      for my $fd (grep { $_ > 2 } map { m{(\\d+)$} } glob "$process/fd/*") {
        next if (readlink "$process/fd/$fd" // '') !~ /^socket:/;
        my $taken = syscall(438, $pidfd, $fd + 0, 0);
        return $taken if $taken >= 0;
      }
      POSIX::close($pidfd) if $pidfd >= 0;
    }
    return;
  };
  $mark->('ready');
  my $taken;
  1 until defined($taken = $take->());
  open(my $socket, '+<&=', $taken) or die "socket: $!";
  $mark->('taken');
  my $word;
  select(undef, undef, undef, 0.001) until open($word, '<', "$folder/word");
  read($word, my $bytes, 64);
  length $bytes ? syswrite($socket, $bytes) : shutdown($socket, 1);
  $mark->('told');
  sleep 1 while 1;`;

/** Until it has begun it is a shell too, by the name that the sandbox is found by. */
const WITHIN = `
  unshare --user --map-root-user sleep 1000 &
  until read -r name < /proc/$!/comm && [ "$name" = sleep ]; do :; done
  exec "$@"`;

/** The joiner's word is a pid, 4 bytes; nothing else that is written on the way has just as many. */
const TELLS: Rule = { call: 'write', argument: 2, value: 4 };

const WITH_PTRACE = ['setpriv', '--bounding-set=-all,+sys_ptrace', '--inh-caps=-all', '--'];
const WAYS = {
  'without a user namespace': { types: ['mnt', 'pid', 'net', 'time'], within: [] },
  'with a user namespace within its own pid namespace': {
    types: ['user', 'mnt', 'pid', 'net'],
    within: ['sh', '-c', WITHIN, 'sh'],
  },
} as const satisfies Record<string, { types: NamespaceName[]; within: string[] }>;
type Way = keyof typeof WAYS;

/** Pids of the machine's. */
interface Told {
  child: number;
  attacker: number;
  helper: number;
  /** Of the host's, and no child of the helper's. */
  victim: number;
}

const pidWord = (pid: number): Buffer => {
  const word = Buffer.alloc(4);
  word.writeInt32LE(pid);
  return word;
};

describe('enter: somebody in a joined pid namespace tells the helper whom to wait for', () => {
  let folder: string;
  let victim: ChildProcess;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-forged-'));
    victim = spawn('sleep', ['1000000'], { stdio: 'ignore' });
  });
  afterEach(async () => {
    const ended = once(victim, 'exit');
    victim.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  const at = (name: string): string => join(folder, name);

  /** Enters, with the word of the attacker's in place of the joiner's. */
  async function enterTold(way: Way, wordOf: (pids: Told) => Buffer): Promise<Entered> {
    const { types, within } = WAYS[way];
    // Called as the sandbox's first process is.
    const attack = ['bash', '-c', 'exec -a sandbox perl "$@"', 'bash', '-MPOSIX', '-e', FORGE, folder];
    const box = await startSandbox({
      types: types.filter((type) => type !== 'user'),
      command: [...within, ...WITH_PTRACE, ...attack],
    });
    try {
      await waitFor('the attacker', () => existsSync(at('ready')));
      return await enterBox(box, types, wordOf);
    } finally {
      await box.stop();
    }
  }

  interface Entered extends Told {
    code: number | null;
    stdout: string;
    stderr: string;
  }

  async function enterBox(
    box: Sandbox,
    types: readonly NamespaceName[],
    wordOf: (pids: Told) => Buffer,
  ): Promise<Entered> {
    const within = descendantsOf(box.pid).find((pid) => commOf(pid) === 'sleep');
    const target = types.includes('user') ? within : box.pid;
    const enter = ['--target', String(target), '--join', types.join(','), '--as', 'root', '--verbose'];
    const argv = [NODE, '--', HELPER, 'enter', ...enter, '--', '/bin/echo', 'executed'] as const;
    writeFiltered(at('filtered'), [TELLS], 0, argv, ['PATH=/usr/bin:/bin']);
    const started = spawn(at('filtered'), { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(started, 'close');
    const heard = { stdout: '', stderr: '' };
    started.stdout.on('data', (data: Buffer) => (heard.stdout += data.toString()));
    started.stderr.on('data', (data: Buffer) => (heard.stderr += data.toString()));
    const helper = started.pid ?? 0;
    try {
      await waitFor('the attacker to have the socket', () => existsSync(at('taken')));
      const single = ([one, ...more]: number[]): number | null => (one !== undefined && more.length === 0 ? one : null);
      const child = await waitFor('the joiner to end, and its child alone to be left', () =>
        single(descendantsOf(helper)),
      );
      const pids = { child, attacker: box.pid, helper, victim: victim.pid ?? 0 };
      // Renamed, so that it is whole once it is there.
      writeFileSync(at('word.new'), wordOf(pids));
      renameSync(at('word.new'), at('word'));
      await waitFor('the attacker to have told it', () => existsSync(at('told')));
      await waitFor('the helper to end', () => started.exitCode !== null || started.signalCode !== null);
      await waitFor('the joiner’s child to end', () => !isRunning(child));
      await closed;
      return { ...pids, ...heard, code: started.exitCode };
    } finally {
      started.kill('SIGKILL');
      await closed;
    }
  }

  for (const way of Object.keys(WAYS) as Way[]) {
    describe(way, () => {
      it('of the joiner’s child: it is entered, as if the joiner had told it', async () => {
        const { code, stdout, stderr, child } = await enterTold(way, (pids) => pidWord(pids.child));
        assert.deepEqual([code, stdout], [0, 'executed\n'], stderr);
        assert.match(stderr, new RegExp(`^ns-helper: after: pid ${child}\\b`, 'm'));
      });

      const FORGED: [string, (pids: Told) => Buffer][] = [
        ['a process of the host', ({ victim: pid }) => pidWord(pid)],
        ['the host’s first process', () => pidWord(1)],
        ['the helper itself', ({ helper: pid }) => pidWord(pid)],
        ['the attacker itself', ({ attacker: pid }) => pidWord(pid)],
        ['a pid that nobody can have', () => pidWord(0x7fffffff)],
        ['0, which is nobody’s pid', () => pidWord(0)],
        ['a number below all errors', () => pidWord(-0x80000000)],
        ['half a pid', () => pidWord(1).subarray(0, 2)],
        ['nothing, and that nothing will come', () => Buffer.alloc(0)],
      ];
      for (const [what, wordOf] of FORGED)
        it(`of ${what}: refused, and nothing was started, nor said to be`, async () => {
          const { code, stdout, stderr } = await enterTold(way, wordOf);
          assert.deepEqual([code, stdout], [EXIT.joinFailed.code, ''], stderr);
          const said = stderr.split('\n');
          assert.deepEqual(
            said.filter((line) => line.includes('after:')),
            [],
          );
          assert.match(
            said.at(-2) ?? '',
            /^ns-helper: somebody in that pid namespace has interfered[^\n]+; nothing was started$/,
          );
          assert.deepEqual([victim.exitCode, victim.signalCode], [null, null]);
          assert.match(statusOf(victim.pid ?? 0).get('State') ?? '', /^S/);
        });
    });
  }
});
