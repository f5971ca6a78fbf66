// What `enter` refuses: each cause with its own exit code and one line that names the thing; and nothing is executed.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCause } from '../../helper/protocol';
import { background, capture, end, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { enter, HELPER, inodesOf, NODE, startTimeOf } from './support';

interface Refusal {
  what: string;
  args: () => string[];
  cause: ExitCause;
  /** What the message has to name. */
  says: RegExp;
}

describe('enter: refusals', () => {
  let box: Sandbox;
  let dead: number;
  let zombie: number;
  let folder: string;
  const of = (...rest: string[]): string[] => ['--target', String(box.pid), ...rest];
  const file = (name: string): string => join(folder, name);
  const boxNs = (type: string): string => `/proc/${box.pid}/ns/${type}`;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-refusals-'));
    box = await startSandbox({ types: ['ipc', 'mnt', 'net', 'pid', 'uts'] });
    const ended = await background('sleep', ['1000'], '/dev/null');
    await end([ended.pid]);
    dead = ended.pid;
    zombie = await makeZombie();

    writeFileSync(file('plain'), 'not a namespace');
    await run('mkfifo', ['-m', '600', file('fifo')]);
    for (const name of ['env', 'env-open', 'env-theirs', 'env-big']) writeFileSync(file(name), 'A=1\0');
    for (const name of ['env', 'env-theirs', 'env-big']) chmodSync(file(name), 0o600);
    chmodSync(file('env-open'), 0o644);
    chownSync(file('env-theirs'), 4242, 4242);
    truncateSync(file('env-big'), 6 * 1024 * 1024 + 1);
    symlinkSync(file('env'), file('env-link'));
  });
  after(async () => {
    await box.stop();
    await end([parentOf.get(zombie) ?? 0].filter(Boolean));
    rmSync(folder, { recursive: true });
  });

  /** A process that has ended, while its parent (which sleeps) does not ask how. */
  const parentOf = new Map<number, number>();
  async function makeZombie(): Promise<number> {
    const parent = await background('sh', ['-c', 'true & exec sleep 1000'], '/dev/null');
    const pid = await waitFor('a zombie', async () => {
      const { stdout } = await capture('ps', ['--ppid', String(parent.pid), '-o', 'pid=,stat=']);
      return /^\s*(\d+)\s+Z/.exec(stdout)?.[1];
    });
    parentOf.set(Number(pid), parent.pid);
    return Number(pid);
  }

  const REFUSALS: Refusal[] = [
    // What is there is not what was meant.
    {
      what: 'another inode',
      args: () => of('--join', 'uts,net=4026531840'),
      cause: 'wrongNamespace',
      says: /net:\[4026531840\]/,
    },
    {
      what: 'another start time',
      args: () => ['--target', `${box.pid}@${startTimeOf(box.pid) + 1}`, '--join', 'net'],
      cause: 'staleTarget',
      says: /process \d+ is not the one/,
    },
    {
      what: 'a process that has ended',
      args: () => ['--target', String(dead), '--join', 'net'],
      cause: 'noTarget',
      says: /no process \d+/,
    },
    {
      what: 'a process that has ended, and a start time',
      args: () => ['--target', `${dead}@77`, '--join', 'net'],
      cause: 'noTarget',
      says: /no process \d+/,
    },
    {
      what: 'a zombie',
      args: () => ['--target', String(zombie), '--join', 'net'],
      cause: 'noTarget',
      says: /no process \d+/,
    },
    {
      what: 'a zombie as the second target',
      args: () => [...of('--join', 'uts'), '--target', String(zombie), '--join', 'net'],
      cause: 'noTarget',
      says: /no process \d+/,
    },
    {
      what: 'a pid that the kernel never gives',
      args: () => ['--target', '4194304', '--join', 'net'],
      cause: 'noTarget',
      says: /4194304/,
    },
    // Files.
    {
      what: 'a file that is not there',
      args: () => ['--file', `net=${file('nothing')}`],
      cause: 'noTarget',
      says: /nothing/,
    },
    {
      what: 'a file below a file',
      args: () => ['--file', `net=${file('plain')}/x`],
      cause: 'noTarget',
      says: /plain\/x/,
    },
    {
      what: 'a file that is no namespace',
      args: () => ['--file', `net=${file('plain')}`],
      cause: 'wrongNamespace',
      says: /plain/,
    },
    { what: 'a FIFO', args: () => ['--file', `net=${file('fifo')}`], cause: 'wrongNamespace', says: /fifo/ },
    { what: 'a device', args: () => ['--file', 'net=/dev/null'], cause: 'wrongNamespace', says: /dev\/null/ },
    { what: 'a directory', args: () => ['--file', 'net=/run'], cause: 'wrongNamespace', says: /"\/run"/ },
    {
      what: 'a namespace of another type',
      args: () => ['--file', `net=${boxNs('uts')}`],
      cause: 'wrongNamespace',
      says: /another type than net/,
    },
    {
      what: 'another namespace than the one that was meant, by file',
      args: () => ['--file', `net=12:${boxNs('net')}`],
      cause: 'wrongNamespace',
      says: /is net:\[\d+\], not the net:\[12\] that was asked for/,
    },
    {
      what: 'a relative path',
      args: () => ['--file', 'net=run/netns/x'],
      cause: 'badArguments',
      says: /"run\/netns\/x" is not an absolute path/,
    },
    // The command line.
    {
      what: 'a type that does not exist',
      args: () => of('--join', 'network'),
      cause: 'unsupportedType',
      says: /"network".*cgroup/,
    },
    {
      what: 'a type that does not exist, by file',
      args: () => ['--file', 'NET=/run/netns/x'],
      cause: 'unsupportedType',
      says: /"NET"/,
    },
    {
      what: 'an unknown option',
      args: () => of('--join', 'net', '--privileged'),
      cause: 'badArguments',
      says: /"--privileged"/,
    },
    {
      what: 'an option with its value in one word',
      args: () => of('--join=net'),
      cause: 'badArguments',
      says: /"--join=net"/,
    },
    {
      what: 'a word before --',
      args: () => of('--join', 'net', 'touch'),
      cause: 'badArguments',
      says: /"touch".*after --/,
    },
    { what: 'nothing to enter', args: () => [], cause: 'badArguments', says: /nothing to enter/ },
    {
      what: '--join without --target',
      args: () => ['--join', 'net'],
      cause: 'badArguments',
      says: /--join must follow/,
    },
    { what: '--target without --join', args: () => of(), cause: 'badArguments', says: /--target without a --join/ },
    {
      what: 'a type twice',
      args: () => of('--join', 'net,net'),
      cause: 'badArguments',
      says: /net is given twice/,
    },
    {
      what: 'a pid that is no number',
      args: () => ['--target', 'self', '--join', 'net'],
      cause: 'badArguments',
      says: /"self"/,
    },
    { what: 'pid 0', args: () => ['--target', '0', '--join', 'net'], cause: 'badArguments', says: /"0"/ },
    {
      what: 'a line break and an escape in an argument',
      args: () => of('--join', 'net\n\u001b[2Jx'),
      cause: 'unsupportedType',
      says: /"net\\n\\u001b\[2Jx"/,
    },
    // The environment file, whose owner has to be the caller: root.
    ...(['nothing', 'fifo', 'env-open', 'env-theirs', 'env-big', 'env-link', '.'] as const).map((name) => ({
      what: `environment file: ${name}`,
      args: () => of('--join', 'net', '--environment-file', file(name)),
      cause: 'badEnvFile' as const,
      says: {
        nothing: /no such file/,
        fifo: /not a regular file/,
        'env-open': /open to other users/,
        'env-theirs': /belongs to uid 4242/,
        'env-big': /6291457 bytes/,
        'env-link': /symbolic link/,
        '.': /not a regular file/,
      }[name],
    })),
    {
      what: 'a relative environment file',
      args: () => of('--join', 'net', '--environment-file', 'env'),
      cause: 'badArguments',
      says: /"env" is not an absolute path/,
    },
    // The working directory and the root.
    {
      what: 'a directory that is not there',
      args: () => of('--join', 'net', '--cwd', file('nothing')),
      cause: 'badDirectory',
      says: /nothing/,
    },
    {
      what: 'a directory that is a file',
      args: () => of('--join', 'mnt', '--cwd', file('plain')),
      cause: 'badDirectory',
      says: /plain/,
    },
    {
      what: 'a directory that is not there, with pid',
      args: () => of('--join', 'net,pid', '--cwd', file('nothing')),
      cause: 'badDirectory',
      says: /nothing/,
    },
    {
      what: 'a root that is not there',
      args: () => of('--join', 'mnt', '--root', file('nothing')),
      cause: 'badDirectory',
      says: /nothing/,
    },
    {
      what: 'a root without mnt',
      args: () => of('--join', 'net', '--root', '/'),
      cause: 'badArguments',
      says: /--root needs mnt/,
    },
  ];

  for (const { what, args, cause, says } of REFUSALS) {
    it(`${what}: ${EXIT[cause].code}`, async () => {
      const witness = file('executed');
      // The first words are the helper's; an argument list that ends before -- gets a command all the same.
      const result = await enter([...args(), '--', 'touch', witness]);
      assert.equal(result.code, EXIT[cause].code, result.stderr);
      assert.equal(result.stdout, '');
      assert.match(result.stderr, /^ns-helper: [^\n\u001b]+\n$/);
      assert.match(result.stderr, says);
      assert.ok(!existsSync(witness), 'the command was executed');
    });
  }

  it('the witness of these tests works: a command that is not refused makes its file', async () => {
    await enter(of('--join', 'net', '--', 'touch', file('witness')));
    assert.ok(existsSync(file('witness')));
  });

  it('a thread, which is no process', async () => {
    const thread = await waitFor('a second thread', async () => {
      const { stdout } = await capture('ps', ['-L', '-p', String(process.pid), '-o', 'lwp=']);
      return stdout
        .trim()
        .split(/\s+/)
        .find((lwp) => lwp !== String(process.pid));
    });
    const result = await enter(['--target', thread, '--join', 'net', '--', 'true']);
    assert.equal(result.code, EXIT.noTarget.code, result.stderr);
    assert.match(result.stderr, /is a thread/);
  });

  it('a pid namespace that is not below the caller’s own', async () => {
    const args = [
      `--target=${box.pid}`,
      '--pid',
      '--',
      NODE,
      '--',
      HELPER,
      'enter',
      '--file',
      `pid=/proc/${process.pid}/ns/pid`,
    ];
    const witness = file('foreign');
    const result = await capture('nsenter', [...args, '--', 'touch', witness]);
    assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
    assert.match(result.stderr, /not below your own/);
    assert.ok(!existsSync(witness));
  });

  it('an unknown verb, and none', async () => {
    for (const args of [['entre'], []]) {
      const result = await capture(NODE, ['--', HELPER, ...args]);
      assert.equal(result.code, EXIT.badArguments.code);
      assert.match(result.stderr, /^ns-helper: [^\n]+\n$/);
    }
  });

  it('a user without rights, as not permitted; and nothing is joined', async () => {
    const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    for (const types of ['net', 'mnt', 'pid,net', 'time']) {
      const enterIt = ['enter', ...of('--join', types), '--', 'touch', '/tmp/lns-never'];
      const result = await capture('setpriv', [...asNobody, NODE, '--', HELPER, ...enterIt]);
      assert.equal(result.code, EXIT.notPermitted.code, `${types}: ${result.stderr}`);
      assert.match(result.stderr, /^ns-helper: [^\n]*sudo[^\n]*\n$/);
    }
    assert.notEqual(inodesOf(box.pid).net, inodesOf('self').net);
    assert.ok(!existsSync('/tmp/lns-never'));
  });
});
