// Where nsenter runs the command itself, a second helper looks at what it has joined before the command begins. Here an nsenter
// of ours stands in its place, in a mount namespace of the test's own, and does not do what it was asked for.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE_TYPES, type NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { background, capture, isRunning, signal, waitFor, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { commOf, HELPER, inodesOf, NODE, statusOf } from './support';
import { shareMounts, type SharedMounts } from './supportMounts';

/** <asm/unistd.h>: setns(2), ptrace(2), wait4(2). */
const [SETNS, PTRACE, WAIT4] = { x64: [308, 101, 61], arm64: [268, 117, 260], arm: [375, 26, 114] }[
  process.arch as 'x64' | 'arm64' | 'arm'
] as [number, number, number];

/** Joins by its options like nsenter, but for the type that it is told to leave out, and stops before if told so. */
const FAKE = `
use Fcntl;
my $trick = do { local (@ARGV, $/) = ('FOLDER/trick'); <> };
my %flags = (${NAMESPACE_TYPES.map(({ option, flag }) => `'${option.slice(2)}' => ${flag}`).join(', ')});
kill 'STOP', $$ if $trick eq 'stop';
my (%files, $root, $directory);
while ((my $option = shift) ne '--') {
  my ($name, $path) = $option =~ /^--([a-z-]+)=(.*)/ or next;
  if ($name eq 'root') { $root = $path; next }
  if (!$flags{$name}) { $directory = $path; next }
  sysopen($files{$name}, $path, O_RDONLY) or die "$path: $!\\n" if $trick ne $name;
}
if (defined $root) { chdir $root or die "$root: $!\\n" }
for my $name ('user', grep { $_ ne 'user' } keys %files) {
  next unless $files{$name};
  syscall(${SETNS}, fileno($files{$name}), $flags{$name}) == 0 or die "$name: $!\\n";
}
chroot '.' or die "chroot: $!\\n" if defined $root;
chdir($directory // '/');
if ($files{pid}) {
  my $child = fork // die "fork: $!\\n";
  if ($child) { waitpid $child, 0; kill $? & 127, $$ if $? & 127; exit($? >> 8) }
}
exec @ARGV;`;

/** Traces what it starts, as a debugger does, and lets it go on at each stop. */
const DEBUGGER = `
my $child = fork;
if (!$child) { syscall(${PTRACE}, 0, 0, 0, 0); exec @ARGV }
my $status = pack 'i', 0;
while (syscall(${WAIT4}, $child, $status, 0, 0) > 0) {
  my ($low, $signal) = unpack 'CC', $status;
  exit $signal if $low != 0x7f;
  syscall(${PTRACE}, 7, $child, 0, $signal == 5 ? 0 : $signal);
}`;

/** By which way a set of types goes: in place of the helper, or as a child of it. */
const BOXES = {
  'user,mnt,net': 'in its place',
  'user,mnt,net,pid': 'with a helper that waits',
} as const;
type Types = keyof typeof BOXES;

describe('enter: an nsenter that does not do what it was asked for', () => {
  let mounts: SharedMounts;
  let folder: string;
  const boxes = new Map<Types, Sandbox>();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-traced-'));
    mounts = await shareMounts();
    writeFileSync(join(folder, 'nsenter'), `#!/usr/bin/perl\n${FAKE.replace('FOLDER', folder)}`, { mode: 0o755 });
    // Read-only, as what could be written to would be copied first.
    for (const args of [
      ['--bind', join(folder, 'nsenter'), '/usr/bin/nsenter'],
      ['-o', 'remount,bind,ro', '/usr/bin/nsenter'],
    ]) {
      const [program = '', ...rest] = mounts.inside(['mount', ...args]);
      assert.equal((await capture(program, rest)).code, 0);
    }
    for (const types of Object.keys(BOXES) as Types[]) {
      boxes.set(types, await startSandbox({ types: types.split(',') as NamespaceName[] }));
    }
  });
  after(async () => {
    for (const box of boxes.values()) await box.stop();
    await mounts.stop();
    rmSync(folder, { recursive: true });
  });

  /** Not a root of that user namespace, so that no helper runs in there. */
  const argv = (types: Types, command: readonly string[]): string[] => {
    const target = ['--target', String(boxes.get(types)?.pid), '--join', types];
    return mounts.inside([
      'env',
      'SUDO_UID=1234',
      'SUDO_GID=1234',
      NODE,
      '--',
      HELPER,
      'enter',
      ...target,
      '--',
      ...command,
    ]);
  };
  async function enterBy(trick: string, types: Types, before: readonly string[] = []): Promise<RunResult> {
    writeFileSync(join(folder, 'trick'), trick);
    const [program = '', ...args] = [...before, ...argv(types, ['echo', 'executed'])];
    const result = await capture(program, args);
    await waitFor('all of it to be gone', () => ours().length === 0);
    return result;
  }
  /** Lets nsenter stop, and then go on; resolves with all that is written. */
  async function whileStopped(types: Types, act: (stopped: number) => void): Promise<string> {
    writeFileSync(join(folder, 'trick'), 'stop');
    const output = join(folder, 'output');
    writeFileSync(output, '');
    const [program = '', ...args] = argv(types, ['echo', 'executed']);
    const child = await background(program, args, output);
    const stopped = await waitFor('nsenter to stop', () => ours().find(isStoppedNsenter));
    act(stopped);
    signal(stopped, 'SIGCONT');
    await waitFor('all of it to be gone', () => !isRunning(child.pid) && ours().length === 0);
    return readFileSync(output, 'utf8');
  }
  /** Processes, zombies among them, of any of the helpers and of what they started. */
  function ours(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && isOurs(pid));
  }
  const isOurs = (pid: number): boolean =>
    unlessGone(() => {
      const isOne = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(HELPER) || commOf(pid) === 'nsenter';
      return isOne && pid !== process.pid && inodesOf(pid).mnt !== inodesOf('self').mnt;
    });
  const isStoppedNsenter = (pid: number): boolean =>
    unlessGone(() => commOf(pid) === 'nsenter' && /^t/i.test(statusOf(pid).get('State') ?? ''));
  /** What is asked of a process: no, of one that has ended meanwhile. */
  function unlessGone(ask: () => boolean): boolean {
    try {
      return ask();
    } catch {
      return false;
    }
  }

  for (const types of Object.keys(BOXES) as Types[]) {
    describe(BOXES[types], () => {
      it('does it, for comparison: the command runs', async () => {
        const { code, stdout, stderr } = await enterBy('', types);
        assert.deepEqual([code, stdout, stderr], [0, 'executed\n', '']);
      });

      for (const { option, name } of NAMESPACE_TYPES.filter((type) => types.split(',').includes(type.name))) {
        if (name === 'user') continue; // without which it could join nothing else as that user
        it(`leaves out ${name}: the command never runs, and that type is named`, async () => {
          const { code, signal: killedBy, stdout, stderr } = await enterBy(option.slice(2), types);
          assert.equal(stdout, '');
          assert.match(
            stderr,
            new RegExp(`^ns-helper: the join did not take effect: ${name} of [^\\n]*nothing was started\\n`),
          );
          if (types.includes('pid')) assert.equal(code, EXIT.joinFailed.code);
          else assert.equal(killedBy, 'SIGKILL');
        });
      }

      it('does it, whatever a shell is told by the environment', async () => {
        const [program = '', ...args] = mounts.inside(['mount', '--bind', '/bin/bash', '/bin/sh']);
        assert.equal((await capture(program, args)).code, 0);
        const { code, stdout, stderr } = await enterBy('', types, ['env', 'SHELLOPTS=noexec:xtrace', 'PS4=told ']);
        assert.deepEqual([code, stdout, stderr], [0, 'executed\n', '']);
      });

      it('stops: it goes on once it is continued', async () => {
        assert.equal(await whileStopped(types, () => undefined), 'executed\n');
      });

      it('is no longer looked at, as the helper that did is killed: the command never runs', async () => {
        const output = await whileStopped(types, (stopped) => {
          const tracer = Number(statusOf(stopped).get('TracerPid'));
          assert.ok(tracer > 0);
          signal(tracer, 'SIGKILL');
        });
        assert.equal(output, '');
      });

      it('cannot be looked at, where a debugger traces the helper: refused', async () => {
        const { code, stdout, stderr } = await enterBy('', types, ['perl', '-e', DEBUGGER]);
        assert.deepEqual([code, stdout], [EXIT.notPermitted.code, '']);
        assert.match(
          stderr,
          /^ns-helper: [^\n]*cannot be verified, so nothing was started: [^\n]*another program may trace/,
        );
      });
    });
  }
});
