// What ns-helper says when it does not do what was asked: for each cause one line that names the thing and says what to do,
// and an exit code of its own.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCause } from '../../helper/protocol';
import { background, capture, end, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { helper, HELPER, NODE } from './support';
import { hideType } from './supportKernel';

const ALL_TYPES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const;

describe('what ns-helper says', () => {
  let folder: string;
  let box: Sandbox;
  let dead: number;
  const file = (name: string): string => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-messages-'));
    mkdirSync(file('empty'));
    writeFileSync(file('open'), 'A=1\0', { mode: 0o644 });
    writeFileSync(file('text'), 'no program', { mode: 0o644 });
    const ended = await background('sleep', ['1000'], '/dev/null');
    await end([ended.pid]);
    dead = ended.pid;
    box = await startSandbox({ types: ALL_TYPES });
  });
  after(async () => {
    await box.stop();
    rmSync(folder, { recursive: true });
  });

  interface Row {
    cause: ExitCause;
    args: () => string[];
    /** Names the thing. */
    names: RegExp;
    /** Says what to do. */
    advises: RegExp;
    /** What is changed for it alone, in a mount namespace of its own. */
    after?: string;
  }
  const of = (types: string, ...rest: string[]): string[] => [
    'enter',
    '--target',
    String(box.pid),
    '--join',
    types,
    ...rest,
  ];
  const command = ['--', 'touch', '/tmp/lns-said'];

  const ROWS: Row[] = [
    { cause: 'badArguments', args: () => [], names: /no verb/, advises: /see ns-helper --help/ },
    { cause: 'badArguments', args: () => ['entre'], names: /"entre"/, advises: /see ns-helper --help/ },
    { cause: 'badArguments', args: () => of('net', '--x'), names: /"--x"/, advises: /see ns-helper enter --help/ },
    { cause: 'badArguments', args: () => ['scan', '--x'], names: /"--x"/, advises: /it takes --json/ },
    { cause: 'badArguments', args: () => ['power', 'off'], names: /"off"/, advises: /restart or halt/ },
    { cause: 'badArguments', args: () => ['doctor', '--x'], names: /"--x"/, advises: /--help/ },
    { cause: 'badArguments', args: () => ['install', '--x'], names: /"--x"/, advises: /--help/ },
    { cause: 'badArguments', args: () => ['uninstall', 'x'], names: /"x"/, advises: /--help/ },
    { cause: 'unsupportedType', args: () => of('nett', ...command), names: /"nett"/, advises: /the types are .*net/ },
    // The kernel of a test has all types: names are taken from the /proc of this one process.
    ...(
      [
        ['net', () => ['enter', '--new', 'uts,net', ...command]],
        ['user', () => ['enter', '--new', 'user', ...command]],
        ['time', () => of('net,time', ...command)],
        ['cgroup', () => ['enter', '--file', `cgroup=/proc/${box.pid}/ns/cgroup`, ...command]],
        ['pid', () => ['power', 'halt', '--target', String(box.pid)]],
      ] as const
    ).map(([type, args]): Row => ({
      cause: 'unsupportedType',
      args: () => [...args()],
      names: new RegExp(`no ${type} namespaces \\(Linux \\d`),
      advises: new RegExp(`leave ${type} out`),
      after: hideType(type),
    })),
    {
      cause: 'noTarget',
      args: () => ['enter', '--target', String(dead), '--join', 'net', ...command],
      names: /process \d+/,
      advises: /may have stopped/,
    },
    {
      cause: 'noTarget',
      args: () => ['enter', '--file', 'net=/run/netns/lns-none', ...command],
      names: /"\/run\/netns\/lns-none"/,
      advises: /look again/,
    },
    {
      cause: 'staleTarget',
      args: () => ['enter', '--target', `${box.pid}@1`, '--join', 'net', ...command],
      names: /process \d+/,
      advises: /look up its successor/,
    },
    {
      cause: 'wrongNamespace',
      args: () => of('net=1', ...command),
      names: /net:\[1\]/,
      advises: /look again at what runs/,
    },
    {
      cause: 'wrongNamespace',
      args: () => ['enter', '--file', `net=${file('text')}`, ...command],
      names: /text"/,
      advises: /left over from an earlier boot/,
    },
    {
      cause: 'wrongNamespace',
      args: () => ['enter', '--file', `net=/proc/${box.pid}/ns/uts`, ...command],
      names: /ns\/uts"/,
      advises: /give it with its own type/,
    },
    {
      cause: 'notPermitted',
      args: () => ['power', 'halt', '--target', String(process.pid)],
      names: /process \d+/,
      advises: /never does/,
    },
    {
      cause: 'notPermitted',
      args: () => of('net', ...command),
      names: /limit of open files is 40/,
      advises: /raise it as root \(ulimit -n 64\)/,
      after: 'ulimit -n 40',
    },
    // What a helper hands on to the next one, and a joiner.
    ...[() => ['enter', '--new', 'pid', ...command], () => of('user,net', ...command)].map((args): Row => ({
      cause: 'notPermitted',
      args,
      names: /limit of file size is below the \d+ bytes/,
      advises: /raise it \(ulimit -f\)/,
      after: 'ulimit -f 1',
    })),
    {
      cause: 'joinFailed',
      args: () => ['enter', '--new', 'uts', ...command],
      names: /new uts namespace/,
      advises: /\/proc\/sys\/user\/max_uts_namespaces/,
      after: 'echo 0 > /proc/sys/user/max_uts_namespaces',
    },
    {
      cause: 'identityFailed',
      args: () => of('user', '--as', '4242:4242', ...command),
      names: /uid 4242, gid 4242/,
      advises: /take --as root/,
    },
    {
      cause: 'identityFailed',
      args: () => of('mnt', '--as', 'lns-none', ...command),
      names: /"lns-none"/,
      advises: /give UID:GID/,
    },
    {
      cause: 'badEnvFile',
      args: () => of('net', '--environment-file', file('open'), ...command),
      names: /open"/,
      advises: /chmod 600/,
    },
    {
      cause: 'badEnvFile',
      args: () => of('net', '--environment-file', file('none'), ...command),
      names: /none"/,
      advises: /give a file of your own/,
    },
    {
      cause: 'badEnvFile',
      args: () => of('net', '--environment-file', folder, ...command),
      names: /lns-messages/,
      advises: /give one that holds/,
    },
    {
      cause: 'badDirectory',
      args: () => of('net', '--cwd', file('none'), ...command),
      names: /none"/,
      advises: /another --cwd/,
    },
    {
      cause: 'badDirectory',
      args: () => of('mnt', '--root', file('none'), ...command),
      names: /none"/,
      advises: /leave it out/,
    },
    { cause: 'noShell', args: () => of('mnt', '--root', file('empty')), names: /no shell/, advises: /leave mnt out/ },
    {
      cause: 'joinFailed',
      args: () => ['enter', '--new', 'user', ...command],
      names: /program can be made in memory/,
      advises: /vm\.memfd_noexec [^\n]* has to be 0 or 1/,
      after: 'echo 2 > /proc/sys/vm/memfd_noexec',
    },
    {
      cause: 'joinFailed',
      args: () => ['enter', '--new', 'pid', ...command],
      names: /program can be made in memory, by which namespaces are entered/,
      advises: /vm\.memfd_noexec [^\n]* has to be 0 or 1/,
      after: 'echo 2 > /proc/sys/vm/memfd_noexec',
    },
    {
      cause: 'missingTool',
      args: () => ['install', '--allow', 'nobody'],
      names: /visudo/,
      advises: /install sudo/,
      after: 'mount --bind /dev/null /usr/sbin/visudo',
    },
    { cause: 'notFound', args: () => of('net', '--', 'lns-none'), names: /"lns-none"/, advises: /full path/ },
    { cause: 'notFound', args: () => of('net', '--', '/lns/none'), names: /"\/lns\/none"/, advises: /check its path/ },
    { cause: 'notExecutable', args: () => of('net', '--', file('text')), names: /text"/, advises: /chmod \+x/ },
  ];
  const OWN = [
    ['/proc/sys/user', ['--user', '--map-root-user']],
    ['/proc/sys/vm', ['--pid', '--fork', '--mount-proc']],
  ] as const;
  for (const { cause, args, names, advises, after: change } of ROWS) {
    it(`${EXIT[cause].code}: ${String(names)}`, async () => {
      const argv = [NODE, '--', HELPER, ...args()];
      // Limits are those of a user namespace, and whether memory may be executed is a pid namespace's; in one of the test's own they are
      // its own.
      const own = OWN.find(([path]) => change?.includes(path))?.[1] ?? ['--mount'];
      const [program = '', ...rest] =
        change === undefined ? argv : ['unshare', ...own, '--', 'sh', '-euc', `${change}; exec "$@"`, 'sh', ...argv];
      const result = await capture(program, rest);
      assert.deepEqual([result.code, result.stdout], [EXIT[cause].code, ''], result.stderr);
      assert.match(result.stderr, /^ns-helper: [^\p{Cc}]{10,400}\n$/u);
      assert.match(result.stderr, names);
      assert.match(result.stderr, advises);
      assert.ok(!existsSync('/tmp/lns-said'));
    });
  }

  for (const [where, redirection] of [
    ['full', '2>/dev/full'],
    ['closed', '2>&-'],
    ['a pipe that nobody reads', '2>&1 >/dev/null | true'],
  ] as const)
    it(`what is said may be lost, but nothing else: standard error is ${where}`, async () => {
      const inShell = (args: readonly string[]): Promise<RunResult> =>
        capture('bash', ['-c', `set -o pipefail; sleep 0.1; "$@" ${redirection}`, 'bash', NODE, '--', HELPER, ...args]);
      const refused = await inShell(of('net=1', ...command));
      assert.deepEqual([refused.code, refused.stderr], [EXIT.wrongNamespace.code, '']);
      assert.equal((await inShell(of('net', '--verbose', '--', 'sh', '-c', 'exit 7'))).code, 7);
      for (const types of ['user,mnt', 'user,mnt,pid', 'user,net'])
        assert.equal((await inShell(of(types, '--verbose', '--', 'sh', '-c', 'exit 7'))).code, 7);
      assert.equal((await inShell(['enter', '--new', 'pid', '--verbose', '--', 'sh', '-c', 'exit 7'])).code, 7);
      for (const types of ['net', 'user,net', 'user,net,pid'])
        assert.equal((await inShell(of(types, '--', 'lns-no-such-program'))).code, EXIT.notFound.code);
    });

  it('every cause has been shown, but an internal error', () => {
    const shown = new Set(ROWS.map(({ cause }) => cause));
    assert.deepEqual(
      Object.keys(EXIT).filter((cause) => !shown.has(cause as ExitCause)),
      ['internal'],
    );
  });

  it('text from elsewhere stays on the line, and acts on no terminal', async () => {
    const evil = 'x\n\u001b[2J\u009b31m\u202e\u2028\u2066\r\t\u007f';
    for (const args of [
      [evil],
      ['enter', evil],
      of('net', '--cwd', `/${evil}`, '--', 'true'),
      of('net', '--', `/${evil}`),
    ]) {
      const { stderr } = await helper(args);
      assert.match(stderr, /^ns-helper: [^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u);
    }
  });
});
