// Targets that mean harm: what they put into their filesystem, and what their processes look for, must not reach the
// helper or the host through it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { capture, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { commOf, descendantsOf, enter, enterCat, HELPER, inodesOf, NODE, statusOf } from './support';
import { asUser, PublicCopy } from './supportUsers';

/** Lives in a filesystem that it serves itself, in which there is nothing: FUSE_INIT (26) is answered, else ENOENT and ENOSYS. */
const FUSE = `
use Fcntl;
sysopen my $fuse, '/dev/fuse', O_RDWR or die "fuse: $!";
my ($what, $where, $data) = ('fuse', '/mnt', 'fd=' . fileno($fuse) . ',rootmode=40000,user_id=0,group_id=0,allow_other');
syscall(${process.arch === 'x64' ? 165 : process.arch === 'arm64' ? 40 : 21}, $what, $where, $what, 0, $data) == 0 or die "mount: $!";
if (!fork) {
  while (sysread $fuse, my $request, 1 << 20) {
    my ($length, $operation, $unique) = unpack 'LLQ', $request;
    next if $operation == 2 || $operation == 42;
    my $init = $operation == 26 ? pack 'L4S2LS2L8', 7, 31, 65536, 0, 16, 12, 131072, 1, (0) x 9 : '';
    my $error = $operation == 26 ? 0 : $operation == 1 ? -2 : -38;
    syswrite $fuse, pack('LlQ', 16 + length $init, $error, $unique) . $init;
  }
  exit;
}
chroot '/mnt' or die "chroot: $!";
chdir '/';
sleep 1 while 1;`;

describe('enter: a hostile target', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-hostile-'));
    chmodSync(folder, 0o755);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  describe('whose processes look for one that can see the host’s files', () => {
    /** A file of the host's that everyone may read; the sandboxes have an empty folder in its place. */
    const secret = (): string => join(folder, 'host-file');

    // Reads the file through the root directory of every process that it can see, as fast as it can. What it gets hold of
    // is left in the folder's stand-in.
    const HIDE = `
      mount -t tmpfs none "$1"
      shift
      exec "$@"`;
    const LOOP = `
      touch "$1/ready"
      while :; do
        for process in /proc/[0-9]*; do
          if read -r line < "$process/root$1/host-file"; then
            read -r comm < "$process/comm"
            echo "$process ($comm): $line" >> "$1/found"
          fi
        done
      done 2>/dev/null`;

    // Tries on every process that was not there before to trace it and to signal it. Found is the name that it had all the time.
    // PTRACE_ATTACH would send it a SIGSTOP, which may be left pending where it stops for execve(2) first.
    const CATCH = `
      my ($folder, $ptrace) = @ARGV;
      my ($seize, $interrupt, $detach, $wait_all) = (0x4206, 0x4207, 17, 0x40000000);
      my %known = map { $_ => 1 } glob '/proc/[0-9]*';
      my $name = sub { open(my $file, '<', "$_[0]/comm") or return ''; my $line = <$file> // ''; chomp $line; $line };
      open(my $found, '>>', "$folder/found"); $found->autoflush(1);
      open(my $ready, '>', "$folder/ready"); close $ready;
      while (1) {
        for my $process (grep { !$known{$_} } glob '/proc/[0-9]*') {
          my $pid = substr($process, 6) + 0;
          my $before = $name->($process);
          my @done = kill(0, $pid) ? 'signalled' : ();
          if (syscall($ptrace, $seize, $pid, 0, 0) == 0) {
            syscall($ptrace, $interrupt, $pid, 0, 0);
            waitpid($pid, $wait_all);
            push @done, 'traced';
          }
          my $after = $name->($process);
          syscall($ptrace, $detach, $pid, 0, 0);
          print $found map { "$process $_ $after\\n" } @done if $before eq $after;
        }
      }`;
    // Stops every process that was not there before, and looks at what it has: its root directory, and descriptors of files and folders.
    const SEARCH = `
      my ($folder, $ptrace) = @ARGV;
      my ($seize, $interrupt, $detach, $wait_all) = (0x4206, 0x4207, 17, 0x40000000);
      my %known = map { $_ => 1 } glob '/proc/[0-9]*';
      open(my $found, '>>', "$folder/found"); $found->autoflush(1);
      open(my $ready, '>', "$folder/ready"); close $ready;
      while (1) {
        for my $process (grep { !$known{$_}++ } glob '/proc/[0-9]*') {
          my $pid = substr($process, 6) + 0;
          next if syscall($ptrace, $seize, $pid, 0, 0) != 0;
          syscall($ptrace, $interrupt, $pid, 0, 0);
          waitpid($pid, $wait_all);
          if (open(my $file, '<', "$process/status")) {
            my %set = join('', <$file>) =~ /^Cap(Eff|Prm|Bnd):\\s*([0-9a-f]+)/mg;
            print $found "$process has more rights than it may keep\\n" if (hex($set{Eff}) | hex($set{Prm})) & ~hex($set{Bnd});
          }
          print $found "$process has the host’s root\n" if -e "$process/root$folder/host-file";
          print $found map { -d $_ ? "$process has a folder\n" : () } glob "$process/fd/*";
          syscall($ptrace, $detach, $pid, 0, 0);
        }
      }`;
    /** ptrace(2) in <asm/unistd.h>. */
    const PTRACE = { x64: 101, arm64: 117, arm: 26 }[process.arch as 'x64' | 'arm64' | 'arm'];

    /** Resolves with what was found: each finding once, whichever process it was about. */
    async function withHunter(
      types: readonly NamespaceName[],
      powers: readonly string[],
      action: (box: Sandbox) => Promise<void>,
      user?: TestUser,
      hunt: readonly string[] = ['sh', '-c', LOOP, 'sh', folder],
    ): Promise<string> {
      const command = ['sh', '-c', HIDE, 'sh', folder, ...powers, ...hunt];
      const box = await startSandbox({ name: 'sh', types, command, ...(user && { user }) });
      const inside = (name: string): string => `/proc/${box.pid}/root${folder}/${name}`;
      try {
        await waitFor('the hunter', () => existsSync(inside('ready')));
        assert.ok(!existsSync(inside('host-file')));
        await action(box);
        const found = existsSync(inside('found')) ? readFileSync(inside('found'), 'utf8') : '';
        const lines = found.trim().split('\n');
        return [...new Set(lines.map((line) => line.replace(/^\S+ /, '')))].join('\n');
      } finally {
        await box.stop();
      }
    }

    before(() => {
      writeFileSync(secret(), 'the host’s\n', { mode: 0o644 });
    });

    const TYPES: NamespaceName[][] = [
      ['user', 'pid', 'mnt'],
      ['user', 'pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup', 'time'],
    ];
    for (const types of TYPES) {
      for (const as of ['me', 'root', 'target']) {
        it(`with all rights in its user namespace, ${types.join(', ')}, entered as ${as}`, async () => {
          const found = await withHunter(types, [], async (box) => {
            for (let round = 0; round < 3; round++) {
              const args = ['--target', String(box.pid), '--join', types.join(','), '--as', as, '--', 'true'];
              const result = await enter(args);
              assert.equal(result.code, 0, result.stderr);
            }
          });
          assert.equal(found, '');
        });
      }
    }

    for (const types of [
      ['user', 'mnt'],
      ['user', 'mnt', 'net', 'uts'],
    ] as NamespaceName[][]) {
      it(`with all rights in its user namespace, and our own processes in its sight: ${types.join(', ')}`, async () => {
        for (const as of ['me', 'root']) {
          const found = await withHunter(types, [], async (box) => {
            for (let round = 0; round < 5; round++) {
              const args = ['--target', String(box.pid), '--join', types.join(','), '--as', as, '--', 'true'];
              const result = await enter(args);
              assert.equal(result.code, 0, result.stderr);
            }
          });
          assert.equal(found, '');
        }
      });
    }

    it('no descriptor that the command is left with leads out to them', async () => {
      const types: NamespaceName[] = ['user', 'mnt', 'net'];
      // A folder of another mount is a way to that one's root: by .. from it.
      const look = `
        for fd in 3 4 5 6 7 8 9 $(seq 10 99); do
          for way in "/proc/$$/fd/$fd" "/proc/$$/fd/$fd/.." "/proc/$$/fd/$fd/../.."; do
            cat "$way/$1/host-file" 2>/dev/null
          done
          readlink "/proc/$$/fd/$fd"
        done
        echo looked`;
      for (const as of ['me', 'root']) {
        const found = await withHunter(types, [], async (box) => {
          const args = ['--target', String(box.pid), '--join', types.join(','), '--as', as];
          const { stdout } = await enter([...args, '--', 'sh', '-c', look, 'sh', folder]);
          assert.doesNotMatch(stdout, /the host’s/);
          const own = inodesOf(box.pid);
          const fit = [...types.map((type) => `${type}:[${own[type]}]`), '/', 'looked', ''];
          assert.deepEqual(
            stdout.split('\n').filter((line) => !fit.includes(line)),
            [],
          );
          assert.match(stdout, /^looked$/m);
        });
        assert.equal(found, '');
      }
    });

    it('a program that makes Node itself run in there finds that it cannot be written to', async () => {
      // The first line is resolved while the process is still the helper. Node then runs the rest of the file.
      const program = join(folder, 'program');
      const look = `try { require('fs').accessSync('/proc/self/exe', 2); console.log('open'); } catch ({ code }) { console.log(code); }`;
      writeFileSync(program, `#!/proc/self/exe\n${look}\n`, { mode: 0o755 });
      const box = await startSandbox({ types: ['mnt', 'pid', 'net'] });
      try {
        for (const [types, as] of [
          ['mnt,pid,net', 'target'],
          ['mnt,pid', 'root'],
          ['mnt,pid', 'me'],
        ] as const) {
          const args = ['--target', String(box.pid), '--join', types, '--as', as, '--', program];
          const { code, stdout, stderr } = await enter(args);
          assert.deepEqual([code, stdout], [0, 'EROFS\n'], stderr);
        }
      } finally {
        await box.stop();
      }
    });

    it('rootless: of the user who enters it', async () => {
      const user = await makeUser('none');
      const copy = new PublicCopy();
      try {
        const types: NamespaceName[] = ['user', 'pid', 'mnt', 'net'];
        const act = async (box: Sandbox): Promise<void> => {
          for (let round = 0; round < 3; round++) {
            const into = ['--target', String(box.pid), '--join', types.join(','), '--', 'true'];
            const [program = '', ...args] = asUser(user, [copy.node, '--', copy.helper, 'enter', ...into]);
            const result = await capture(program, args, { env: user.env, cwd: '/' });
            assert.equal(result.code, 0, result.stderr);
          }
        };
        assert.equal(await withHunter(types, [], act, user), '');
      } finally {
        copy.remove();
        await user.remove();
      }
    });

    const perl = (script: string): string[] => [
      // Called sh, as the sandbox's first process is.
      ...['bash', '-c', 'exec -a sh perl "$@"', 'bash', '-MIO::Handle', '-e', script],
      ...[folder, String(PTRACE)],
    ];
    const hunts = (): string[][] => [['sh', '-c', LOOP, 'sh', folder], perl(SEARCH)];
    const WITH_PTRACE = ['setpriv', '--bounding-set=-all,+sys_ptrace', '--inh-caps=-all', '--'];
    for (const types of [
      ['mnt', 'pid', 'net'],
      ['mnt', 'pid', 'net', 'time'],
    ] as NamespaceName[][])
      it(`root with CAP_SYS_PTRACE and no other right, as after --cap-add, in ${types.join(', ')}`, async () => {
        for (const as of ['me', 'root', 'target', '1234']) {
          const act = async (box: Sandbox): Promise<void> => {
            for (let round = 0; round < 6; round++) {
              const args = ['--target', String(box.pid), '--join', types.join(','), '--as', as, '--', 'true'];
              assert.equal((await enter(args)).code, 0);
            }
          };
          for (const hunt of hunts()) assert.equal(await withHunter(types, WITH_PTRACE, act, undefined, hunt), '');
        }
      });

    it('the same, where a user namespace within its own pid namespace is joined too', async () => {
      // Until it has begun it is a shell too, by the name that the sandbox is found by.
      const start = `
        unshare --user --map-root-user sleep 1000 &
        until read -r name < /proc/$!/comm && [ "$name" = sleep ]; do :; done
        exec "$@"`;
      const within = ['sh', '-c', start, 'sh'];
      for (const as of ['me', 'root', 'target']) {
        const act = async (box: Sandbox): Promise<void> => {
          const target = descendantsOf(box.pid).find((pid) => commOf(pid) === 'sleep');
          for (let round = 0; round < 6; round++) {
            const args = ['--target', String(target), '--join', 'user,mnt,pid,net', '--as', as, '--', 'true'];
            const result = await enter(args);
            assert.equal(result.code, 0, result.stderr);
          }
        };
        const types: NamespaceName[] = ['pid', 'mnt', 'net'];
        for (const hunt of hunts())
          assert.equal(await withHunter(types, [...within, ...WITH_PTRACE], act, undefined, hunt), '');
      }
    });

    it('the hunters that stop what they look at find what there is to be found', async () => {
      const found = await withHunter(
        ['pid', 'mnt'],
        WITH_PTRACE,
        async (box) => {
          const visitor = ['--target', String(box.pid), '--pid', '--', 'sh', '-c', 'exec 9</; sleep 0.5'];
          await capture('nsenter', visitor);
        },
        undefined,
        perl(SEARCH),
      );
      assert.deepEqual(found.split('\n').sort(), ['has a folder', 'has the host’s root']);
    });

    describe('or signal, or trace', () => {
      let user: TestUser;
      before(async () => {
        user = await makeUser('none');
      });
      after(() => user.remove());
      const hunter = async (action: (box: Sandbox) => Promise<void>): Promise<string[]> => {
        const found = await withHunter(['user', 'mnt'], [], action, user, perl(CATCH));
        return found.split('\n').filter(Boolean).sort();
      };
      // Who has joined a user namespace is in its root's power, as all in there are; no helper is that could do more than the command.
      const COMMAND = ['signalled sleep', 'traced sleep'];

      for (const [types, as, reached] of [
        ['user,mnt', 'me', COMMAND],
        ['user', 'me', COMMAND],
        ['mnt', '1234', []],
        ['user,mnt', 'root', COMMAND],
      ] as const) {
        it(`with all rights in its user namespace, and our own processes in its sight: ${types}, entered as ${as}`, async () => {
          const found = await hunter(async (box) => {
            for (let round = 0; round < 3; round++) {
              const enterIt = ['--target', String(box.pid), '--join', types, '--as', as];
              const result = await enter([...enterIt, '--', 'sleep', '0.3']);
              assert.equal(result.code, 0, result.stderr);
            }
          });
          // The joiner, called ns-helper, is that process a moment before, and can be told to end as well, but not looked into. One that
          // becomes that very user out here, as it may by its user id, can be told to end like any of theirs.
          const before = /^signalled ns-helper$/;
          const isCommands = (line: string): boolean =>
            !before.test(line) && (as !== 'root' || line.startsWith('traced ') || line.endsWith(' sleep'));
          assert.deepEqual(found.filter(isCommands), reached);
        });
      }

      it('the hunter reaches what there is to be reached: a process of its own user in there', async () => {
        const found = await hunter(async (box) => {
          await run('nsenter', ['--target', String(box.pid), '--user', '--', 'sleep', '0.5']);
        });
        for (const one of COMMAND) assert.ok(found.includes(one), found.join());
      });
    });

    it('the hunter finds what there is to be found: a process with the host’s files', async () => {
      const found = await withHunter(['user', 'pid', 'mnt'], [], async (box) => {
        const visitor = ['--target', String(box.pid), '--user', '--pid', '--', 'sleep', '0.5'];
        await capture('nsenter', visitor);
      });
      assert.match(found, /^\(sleep\): the host’s$/m);
    });
  });

  it('no signal has Node open a debugger, which would be root’s; one that was open is ended', async () => {
    for (const [option, signal] of [
      ['--inspect-port', 'SIGUSR1'],
      ['--inspect', null],
    ] as const) {
      const watch = spawn(NODE, [`${option}=127.0.0.1:0`, '--', HELPER, 'scan', '--json', '--watch']);
      const closed = once(watch, 'close');
      const heard = { documents: 0, errors: '' };
      watch.stdout.on('data', (data: Buffer) => (heard.documents += data.toString().split('\n').length - 1));
      watch.stderr.on('data', (data: Buffer) => (heard.errors += data.toString()));
      try {
        await waitFor('the first document', () => heard.documents > 0);
        if (signal) watch.kill(signal);
        // By the time that it has noticed something new, a debugger would have said where it listens.
        const box = await startSandbox({ types: ['uts'] });
        try {
          await waitFor('another document', () => heard.documents > 1);
        } finally {
          await box.stop();
        }
        const port = Number(/:(\d+)\//.exec(heard.errors)?.[1]);
        if (signal) assert.equal(heard.errors, '');
        else await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
        assert.equal(watch.exitCode, null);
      } finally {
        watch.stdin.end();
        await closed;
      }
    }
  });

  it('a fake /proc: the joins are verified through the host’s', async () => {
    const script = `
      mount -t tmpfs none /proc
      for dir in /proc/self /proc/thread-self /proc/1; do
        mkdir -p $dir/ns $dir/fd
        for type in cgroup ipc mnt net pid pid_for_children time user uts; do ln -s "$type:[4026531840]" $dir/ns/$type; done
        printf 'Uid:\\t0\\t0\\t0\\t0\\nGid:\\t0\\t0\\t0\\t0\\nGroups:\\t0\\nPPid:\\t0\\n' > $dir/status
      done
      ln -s /bin/false /proc/self/exe
      touch /proc/ready
      exec sleep 1000`;
    const box = await startSandbox({ types: ['mnt', 'net', 'uts', 'pid'], command: ['bash', '-c', script] });
    try {
      await waitFor('the fake', () => existsSync(`/proc/${box.pid}/root/proc/ready`));
      for (const types of [['mnt'], ['mnt', 'net', 'uts'], ['mnt', 'pid', 'net', 'uts']] as NamespaceName[][]) {
        const args = ['--target', String(box.pid), '--join', types.join(',')];
        const found = await enterCat(args, (cat) => {
          assert.equal(statusOf(cat).get('CapEff'), statusOf(process.pid).get('CapEff'));
          return inodesOf(cat);
        });
        const theirs = inodesOf(box.pid);
        const expected = types.map((type) => [type, theirs[type]] as const);
        assert.deepEqual(found, { ...inodesOf('self'), ...Object.fromEntries(expected) });
      }
    } finally {
      await box.stop();
    }
  });

  it('a root directory of its own making (FUSE), of which nobody outside is told anything: entered all the same', async () => {
    const box = await startSandbox({ types: ['user', 'mnt', 'pid'], command: ['perl', '-e', FUSE] });
    try {
      await waitFor('its root', async () => (await capture('ls', ['-d', `/proc/${box.pid}/root/`])).code !== 0);
      const { code, stderr } = await enter(['--target', String(box.pid), '--join', 'user,mnt,pid', '--', 'nothing']);
      assert.deepEqual([code, /^ns-helper: "nothing"[^\n]*\n$/.test(stderr)], [EXIT.notFound.code, true], stderr);
    } finally {
      await box.stop();
    }
  });

  it('programs and files in its filesystem that the helper could mistake for its own are not touched', async () => {
    // Stand-ins for what a helper that has joined mnt might still look for: each leaves a mark when it is run or loaded.
    const script = `
      mount -t tmpfs none /opt
      mark() { printf '#!/bin/sh\\ntouch /opt/mark-%s\\n' "$(basename "$1")"; }
      echo 'require("fs").writeFileSync("/opt/mark-js", "")' > /opt/evil.js
      mount --bind /opt/evil.js "$1"
      mount --bind /opt/evil.js "$2"
      # mount(8) last, which this script needs itself.
      for tool in /usr/bin/nsenter /usr/bin/unshare /usr/bin/env /usr/bin/mount; do
        mark $tool > /opt/tool; chmod 755 /opt/tool; cp /opt/tool /opt/$(basename $tool)
        mount --bind /opt/$(basename $tool) $tool
      done
      touch /opt/ready
      exec sleep 1000`;
    const command = ['bash', '-c', script, 'bash', HELPER, join(HELPER, '..', 'koffi.node')];
    const box = await startSandbox({ types: ['mnt', 'net', 'pid', 'time', 'user'], command });
    const inside = (name: string): string => `/proc/${box.pid}/root/opt/${name}`;
    try {
      await waitFor('the stand-ins', () => existsSync(inside('ready')));
      for (const types of ['mnt', 'mnt,pid', 'mnt,time', 'mnt,user', 'mnt,user,pid,time,net']) {
        for (const as of ['me', 'root', 'target']) {
          const result = await enter(['--target', String(box.pid), '--join', types, '--as', as, '--', 'true']);
          assert.equal(result.code, 0, `${types} as ${as}: ${result.stderr}`);
        }
      }
      const marks = ['nsenter', 'unshare', 'env', 'mount', 'js'].filter((name) => existsSync(inside(`mark-${name}`)));
      assert.deepEqual(marks, []);
    } finally {
      await box.stop();
    }
  });
});
