// `enter --as target` side by side with `docker exec` in the same container; a container's DNS in a network that is joined
// with the host's files kept; a container without a shell; and one that is ended by `power`.
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { composeLabels, NO_SHELL_IMAGE, startDocker, type Docker } from '../support/docker';
import { waitFor, type RunResult } from '../support/run';
import { enter, helper, startTimeOf } from '../kernel/support';

/** What a process inside says of itself, a line each. */
const REPORT = [
  'id -u',
  'id -g',
  'id -G',
  'pwd',
  'cat /proc/self/oom_score_adj',
  'cat /proc/self/cgroup',
  'grep -E "^(Cap|NoNewPrivs)" /proc/self/status',
  'hostname',
  'ls -l /proc/self/ns | sed "s/.*-> //" | sort',
  'umask',
  'cat /proc/self/limits',
  'ls /proc/self/fd | wc -l',
  // The shell's own variables say how it was started, not what with.
  'tr "\\0" "\\n" < /proc/$$/environ | sort',
].join('; ');

describe('enter: a real Docker engine', () => {
  let docker: Docker;
  before(async () => {
    docker = await startDocker();
  });
  after(async () => {
    await docker.stop();
  });

  /** Enters what a container has of its own, with `--target PID@STARTTIME --join TYPE=INODE,…`. */
  async function enterAll(name: string, ...rest: string[]): Promise<RunResult> {
    const pid = await docker.pid(name);
    const own = NAMESPACE_NAMES.filter((type) => link(pid, type) !== link('self', type));
    const joins = own.map((type) => `${type}=${/\d+/.exec(link(pid, type))?.[0] ?? ''}`).join(',');
    return enter(['--target', `${pid}@${startTimeOf(pid)}`, '--join', joins, ...rest], { env: ENV });
  }
  const link = (pid: number | 'self', type: string): string => readlinkSync(`/proc/${pid}/ns/${type}`);
  // Docker gives no TERM where there is no terminal.
  const ENV = { PATH: process.env['PATH'], HOME: '/root' };

  describe('as docker exec does it', () => {
    const CONTAINERS: [string, string[]][] = [
      ['as it is by default', []],
      ['of another user', ['--user', '1000:1000']],
      ['of a user without a name, with groups', ['--user', '4242:4343', '--group-add', '7', '--group-add', '8']],
      ['without capabilities', ['--cap-drop', 'ALL']],
      ['of another user, without capabilities', ['--user', '1000', '--cap-drop', 'ALL']],
      ['with one capability more', ['--cap-add', 'NET_ADMIN']],
      ['whose processes may trace each other', ['--cap-add', 'SYS_PTRACE']],
      ['that may gain no rights', ['--security-opt', 'no-new-privileges']],
      ['that the kernel ends first', ['--oom-score-adj', '500']],
      ['with limits', ['--memory', '64m', '--cpus', '0.5', '--pids-limit', '50']],
      ['with few open files', ['--ulimit', 'nofile=100:200', '--ulimit', 'core=0', '--ulimit', 'fsize=4096:8192']],
      ['with variables and a directory of its own', ['--env', 'A=b c', '--env', 'E=', '--workdir', '/srv']],
      ['with a name of its own', ['--hostname', 'web.example']],
      ['with the host’s processes', ['--pid', 'host']],
      ['with the host’s ipc and uts', ['--ipc', 'host', '--uts', 'host']],
      ['with a cgroup namespace of its own', ['--cgroupns', 'private']],
      ['with the host’s cgroups', ['--cgroupns', 'host']],
      ['whose filesystem is read-only', ['--read-only']],
    ];
    for (const [index, [what, args]] of CONTAINERS.entries()) {
      it(what, async () => {
        const name = `c${index}`;
        await docker.run(name, { args });
        const expected = await docker.cli('exec', name, 'sh', '-c', REPORT);
        const { code, stdout, stderr } = await enterAll(name, '--as', 'target', '--', 'sh', '-c', REPORT);
        assert.equal(code, 0, stderr);
        assert.deepEqual(stdout.trim().split('\n'), expected.split('\n'));
      });
    }
  });

  it('what cannot be as in docker exec is said with --verbose', async () => {
    await docker.run('filtered');
    const seccomp = await docker.cli('exec', 'filtered', 'grep', '-w', 'Seccomp', '/proc/self/status');
    const { code, stderr } = await enterAll('filtered', '--as', 'target', '--verbose', '--', 'true');
    assert.equal(code, 0, stderr);
    assert.equal(/not as in the container: its seccomp filter/.test(stderr), seccomp.endsWith('2'), stderr);
  });

  it('a user by the name that the container’s own /etc/passwd gives', async () => {
    await docker.run('named');
    const expected = await docker.cli('exec', '--user', 'www', 'named', 'sh', '-c', 'id -u; id -g; id -G');
    const { stdout, stderr } = await enterAll('named', '--as', 'www', '--', 'sh', '-c', 'id -u; id -g; id -G');
    assert.equal(stdout.trim(), expected, stderr);
  });

  it('a container without a shell is said to be that, and its other namespaces can be entered', async () => {
    await docker.run('noshell', { image: NO_SHELL_IMAGE });
    const refused = await enterAll('noshell', '--as', 'target');
    assert.equal(refused.code, EXIT.noShell.code, refused.stderr);
    assert.match(refused.stderr, /^ns-helper: [^\n]*no shell[^\n]*leave mnt out[^\n]*\n$/);
    const target = ['--target', String(await docker.pid('noshell')), '--join', 'net,uts,ipc'];
    assert.equal((await enter([...target, '--', 'sh', '-c', 'exit 7'])).code, 7);
  });

  it('a network by the file that Docker keeps it by', async () => {
    await docker.run('kept');
    const file = await docker.cli('inspect', '--format', '{{.NetworkSettings.SandboxKey}}', 'kept');
    const { stdout, stderr } = await enter(['--file', `net=${file}`, '--', 'readlink', '/proc/self/ns/net']);
    assert.equal(stdout.trim(), link(await docker.pid('kept'), 'net'), stderr);
  });

  it('power: the engine sees a container halt, and starts again one that restarts', async () => {
    const power = (action: string, pid: number): Promise<RunResult> =>
      helper(['power', action, '--target', `${pid}@${startTimeOf(pid)}`]);
    const state = (name: string): Promise<string> =>
      docker.cli('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}', name);

    await docker.run('halted');
    assert.equal((await power('halt', await docker.pid('halted'))).code, 0);
    // 128 and SIGINT, as reboot(2) has it.
    await waitFor('the container to halt', async () => (await state('halted')) === 'exited 130 0');

    await docker.run('restarted', { args: ['--restart', 'on-failure'] });
    const pid = await docker.pid('restarted');
    assert.equal((await power('restart', pid)).code, 0);
    await waitFor('the container to restart', async () => (await state('restarted')) === 'running 0 1');
    assert.notEqual(await docker.pid('restarted'), pid);
  });

  describe('in the network of a compose service, with the host’s files', () => {
    before(async () => {
      await docker.cli('network', 'create', 'shop');
      for (const service of ['api', 'db']) {
        const args = ['--network', 'shop', '--network-alias', service, ...composeLabels('shop', service)];
        const command = ['httpd', '-f', '-p', '80', '-h', '/srv'];
        await docker.run(`shop-${service}-1`, { args, command });
      }
    });
    const inNet = async (argv: string[], ...options: string[]): Promise<RunResult> =>
      enter(['--target', String(await docker.pid('shop-api-1')), '--join', 'net', ...options, '--', ...argv]);

    it('names of services resolve, by Docker’s own resolver', async () => {
      const addresses = JSON.parse(await docker.cli('network', 'inspect', 'shop')) as [
        { Containers: Record<string, { Name: string; IPv4Address: string }> },
      ];
      const addressOf = (name: string): string | undefined =>
        Object.values(addresses[0].Containers)
          .find(({ Name }) => Name === name)
          ?.IPv4Address.split('/')[0];
      assert.match((await inNet(['cat', '/etc/resolv.conf'])).stdout, /^nameserver 127\.0\.0\.11$/m);
      for (const service of ['db', 'api', 'shop-db-1']) {
        const { stdout, stderr } = await inNet(['getent', 'ahostsv4', service]);
        const expected = addressOf(service.startsWith('shop') ? service : `shop-${service}-1`);
        assert.ok(expected !== undefined && stdout.startsWith(`${expected} `), `${service}: ${stdout}${stderr}`);
      }
      const fetched = await inNet(['busybox', 'wget', '-q', '-O', '-', 'http://db/index.html']);
      assert.equal(fetched.stdout, 'hello from inside\n', fetched.stderr);
    });

    it('the container’s own name is in /etc/hosts', async () => {
      const hosts = await docker.cli('exec', 'shop-api-1', 'cat', '/etc/hosts');
      assert.equal((await inNet(['cat', '/etc/hosts'])).stdout.trim(), hosts);
    });

    it('all other files are the host’s', async () => {
      for (const path of ['/etc/passwd', '/etc/os-release']) {
        assert.equal((await inNet(['cat', path])).stdout, readFileSync(path, 'utf8'));
      }
    });

    it('and with --view none these two as well', async () => {
      const { stdout } = await inNet(['cat', '/etc/resolv.conf', '/etc/hosts'], '--view', 'none');
      assert.equal(stdout, readFileSync('/etc/resolv.conf', 'utf8') + readFileSync('/etc/hosts', 'utf8'));
    });
  });
});
