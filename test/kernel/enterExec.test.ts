// How the command is started: in the helper's place where that is possible, with nothing of the helper's left to it, and
// ending as it would have ended by itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { EXIT } from '../../helper/protocol';
import { capture, isRunning, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { commOf, descendantsOf, descriptorsOf, enter, enterCat, HELPER, NODE, statusOf } from './support';

// One for each way that the helper goes: in process, in place; by a child; by a joiner first; by a joiner alone.
const IN_PLACE = ['net', 'mnt,uts', 'time', 'time,net', 'user', 'user,net'];
const WITH_CHILD = ['pid', 'mnt,pid', 'time,pid', 'user,pid,mnt'];
const WAYS = [...IN_PLACE, ...WITH_CHILD];

describe('enter: how the command is started', () => {
  let box: Sandbox;
  before(async () => {
    box = await startSandbox({ types: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] });
  });
  after(() => box.stop());
  const of = (types: string): string[] => ['--target', String(box.pid), '--join', types];

  for (const types of IN_PLACE) {
    it(`in ${types}: the command has the helper’s pid, and no Node is left`, async () => {
      await enterCat(of(types), (cat, started) => {
        assert.equal(cat, started);
        assert.deepEqual(descendantsOf(started), []);
      });
    });
  }

  for (const types of WITH_CHILD) {
    it(`in ${types}: one process waits, and the command is its only child`, async () => {
      await enterCat(of(types), (cat, started) => {
        assert.deepEqual(descendantsOf(started), [cat]);
        assert.equal(commOf(started), commOf(process.pid));
      });
    });
  }

  it('in pid: nobody of the command’s user id may look at the helper that waits, or trace it', async () => {
    // proc(5): the files of a process that is not dumpable belong to root.
    const argv = [
      '--reuid=4242',
      '--regid=4242',
      '--clear-groups',
      '--inh-caps=+sys_admin,+sys_chroot,+sys_ptrace,+dac_read_search',
    ];
    const ambient = '--ambient-caps=+sys_admin,+sys_chroot,+sys_ptrace,+dac_read_search';
    const child = spawn('setpriv', [
      ...argv,
      ambient,
      NODE,
      '--',
      HELPER,
      'enter',
      ...of('pid,net'),
      '--',
      'sleep',
      '1000',
    ]);
    const started = child.pid ?? 0;
    try {
      const command = await waitFor('sleep', () => descendantsOf(started).find((pid) => commOf(pid) === 'sleep'));
      assert.equal(statSync(`/proc/${command}/fd`).uid, 4242);
      assert.equal(statSync(`/proc/${started}/fd`).uid, 0);
      assert.match(statusOf(started).get('Uid') ?? '', /^4242\b/);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
  });

  for (const types of WAYS) {
    it(`in ${types}: descriptors`, async () => {
      // A shell that starts the helper with more descriptors open, which are not meant for the command either.
      const argv = [
        '-c',
        'exec 7</etc/passwd 99</etc/group; exec "$@"',
        'bash',
        NODE,
        '--',
        HELPER,
        'enter',
        ...of(types),
        '--',
        'sleep',
        '1000',
      ];
      const child = spawn('bash', argv, { stdio: 'pipe' });
      const started = child.pid ?? 0;
      try {
        const isSleep = (pid: number): boolean => commOf(pid) === 'sleep';
        const command = await waitFor('sleep', () => [started, ...descendantsOf(started)].find(isSleep));
        // Its loader opens libraries for a moment (ld.so(8)); what it was given would stay.
        await waitFor('0, 1 and 2 alone', () => [...descriptorsOf(command).keys()].join() === '0,1,2');
      } finally {
        for (const pid of [...descendantsOf(started), started]) process.kill(pid, 'SIGKILL');
        await once(child, 'close');
      }
    });

    it(`in ${types}: no signal is ignored or blocked, SIGPIPE and SIGXFSZ included`, async () => {
      const masks = await enterCat(of(types), (cat) => ['SigIgn', 'SigBlk'].map((key) => statusOf(cat).get(key)));
      assert.deepEqual(masks, ['0000000000000000', '0000000000000000']);
    });

    it(`in ${types}: the limit of open files is the caller’s`, async () => {
      const limits = ['-c', 'ulimit -Sn 321; ulimit -Hn 654; "$@"; exit $?', 'sh'];
      const command = ['sh', '-c', 'ulimit -Sn; ulimit -Hn'];
      const { stdout } = await capture('sh', [...limits, NODE, '--', HELPER, 'enter', ...of(types), '--', ...command]);
      assert.equal(stdout, '321\n654\n');
    });

    it(`in ${types}: exit codes and arguments`, async () => {
      for (const code of [0, 3, 126, 127, 200, 255]) {
        const result = await enter([...of(types), '--', 'sh', '-c', `exit ${code}`]);
        assert.deepEqual([result.code, result.signal, result.stderr], [code, null, '']);
      }
      const odd = ['', ' ', 'a b', "'", '"', '$(id)', '`id`', '\\', '*', '-n', '--', '--as', 'ä\n\t', '%s'];
      const { stdout } = await enter([...of(types), '--', 'printf', '<%s>', ...odd]);
      assert.equal(stdout, odd.map((argument) => `<${argument}>`).join(''));
    });

    it(`in ${types}: a command that is not there, or cannot be executed`, async () => {
      for (const [command, code] of [
        ['lns-no-such-command', 127],
        ['/no/such/command', 127],
        ['/etc/passwd', 126],
        ['/etc', 126],
      ] as const) {
        const result = await enter([...of(types), '--', command]);
        assert.equal(result.code, code, `${command}: ${result.stderr}`);
        assert.match(result.stderr, new RegExp(`^[^\\n]*${command}[^\\n]*\\n$`));
      }
    });

    it(`in ${types}: a command that a signal ends, as a shell sees it`, async () => {
      for (const name of [
        'SIGTERM',
        'SIGKILL',
        'SIGINT',
        'SIGPIPE',
        'SIGSEGV',
        'SIGUSR1',
        'SIGXFSZ',
        'SIGRTMIN',
      ] as const) {
        const number = name === 'SIGRTMIN' ? 34 : constants.signals[name];
        const argv = ['-c', 'ulimit -c 0; "$@"; echo $?', 'sh', NODE, '--', HELPER, 'enter', ...of(types)];
        // The command is no pid namespace's first process, whom signals of its own would not end.
        const { stdout } = await capture('sh', [...argv, '--', 'sh', '-c', `kill -${number} $$; sleep 5`]);
        assert.equal(stdout, `${128 + number}\n`, name);
      }
    });
  }

  it('in pid: a command that ends at once, again and again', async () => {
    for (let round = 0; round < 20; round++) {
      const code = round % 2 === 0 ? 0 : 9;
      const result = await enter([...of('mnt,pid'), '--', 'sh', '-c', `exit ${code}`]);
      assert.deepEqual([result.code, result.signal, result.stderr], [code, null, '']);
    }
  });

  for (const types of ['net', ...WITH_CHILD]) {
    it(`in ${types}: a command that stops is seen to be stopped, and goes on when continued`, async () => {
      const script = 'echo ready; kill -STOP $$; echo on; exit 5';
      const argv = ['--', HELPER, 'enter', ...of(types), '--', 'sh', '-c', script];
      const child = spawn(NODE, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      const started = child.pid ?? 0;
      let said = '';
      child.stdout.on('data', (data: Buffer) => (said += data.toString()));
      const isStopped = (pid: number): boolean => (statusOf(pid).get('State') ?? '').startsWith('T');
      await waitFor('the stop', () => said === 'ready\n' && [started, ...descendantsOf(started)].every(isStopped));
      process.kill(started, 'SIGCONT');
      const [code] = (await once(child, 'close')) as [number | null];
      assert.deepEqual([code, said], [5, 'ready\non\n']);
    });
  }

  it('a script whose interpreter is not there is said to be that, and ends the helper', async () => {
    const script = (await run('mktemp', [])).trim();
    try {
      await run('sh', ['-c', 'echo "#!/no/such/interpreter" > "$1"; chmod 755 "$1"', 'sh', script]);
      for (const types of ['net', 'pid', 'mnt,pid', 'time,pid']) {
        const result = await enter([...of(types), '--', script], { timeoutMs: 5000 });
        assert.deepEqual([result.code, result.signal], [126, null], `${types}: ${result.stderr}`);
        assert.match(result.stderr, /^ns-helper: [^\n]*interpreter[^\n]*\n$/);
      }
    } finally {
      await run('rm', [script]);
    }
  });

  it('/etc/passwd without #! and not executable is no script; an executable text without #! is one', async () => {
    const { stdout } = await capture('mktemp', []);
    const script = stdout.trim();
    try {
      await capture('sh', ['-c', 'echo "echo script \\$1" > "$1"; chmod 755 "$1"', 'sh', script]);
      const result = await enter([...of('net'), '--', script, 'one']);
      assert.deepEqual([result.stdout, result.code], ['script one\n', 0]);
    } finally {
      await capture('rm', [script]);
    }
  });

  for (const types of ['net', ...WITH_CHILD]) {
    it(`in ${types}: Ctrl-C reaches the command, and its own answer counts`, async () => {
      const script = 'trap "exit 7" INT; echo ready; while :; do sleep 0.05; done';
      const argv = ['--', HELPER, 'enter', ...of(types), '--', 'sh', '-c', script];
      // In a process group of its own, to which a terminal would send the signal.
      const child = spawn(NODE, argv, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      process.kill(-(child.pid ?? 0), 'SIGINT');
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      assert.deepEqual([code, signal], [7, null]);
    });
  }

  for (const types of ['net', 'pid', 'mnt,pid', 'time,pid']) {
    it(`in ${types}: SIGTERM and SIGHUP to the helper are the command’s`, async () => {
      for (const name of ['SIGTERM', 'SIGHUP'] as const) {
        const script = 'trap "exit 8" TERM; trap "exit 9" HUP; echo $$; while :; do sleep 0.05; done';
        const child = spawn(NODE, ['--', HELPER, 'enter', ...of(types), '--', 'sh', '-c', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await once(child.stdout, 'data');
        const started = child.pid ?? 0;
        const [command = started] = descendantsOf(started).filter((pid) => commOf(pid) === 'sh');
        child.kill(name);
        const [code] = (await once(child, 'exit')) as [number | null];
        assert.equal(code, name === 'SIGTERM' ? 8 : 9);
        await waitFor('the command to end', () => !isRunning(command));
      }
    });
  }

  it('a helper that is killed by its own failures says so only in its own range', () => {
    const codes = Object.values(EXIT).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.ok([126, 127].includes(code) || (code >= 200 && code < 220), String(code));
  });
});
