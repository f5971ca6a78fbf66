// The bundles on each version of Node that may start them: what an old VS Code brings, what a person's sudo finds. Not
// what they do, which the other suites look at on the newest.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { serveAskpass } from '../../extension/discover/askpassServer';
import { LaunchServer } from '../../extension/launch/launchServer';
import { helperCommand } from '../../extension/shared/helperCommand';
import { HELPER_FILES, PATHS } from '../../helper/install/paths';
import { ENTER_BUNDLE, ENTER_OPTIONS, NODE_OPTIONS, SCAN_BUNDLE, SCAN_OPTIONS } from '../../helper/protocol';
import { foreignCode, whoseCode } from '../support/keptCode';
import { capture, run, type RunResult, signal } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';

const OTHER_NODES = readdirSync('out/nodes');
const NODES = [...OTHER_NODES.map((version) => `out/nodes/${version}/node`), process.execPath];
const nameOf = (node: string): string => (node === process.execPath ? `Node ${process.version}` : node);
const BUNDLES = readdirSync('dist').filter((file) => file.endsWith('.js'));
const JOINED = ['cgroup', 'ipc', 'uts', 'net', 'pid', 'mnt'] as const;

it('is tried on the lines 20, 22 and 24', () => {
  const lines = [...OTHER_NODES, process.versions.node].map((version) => version.split('.')[0]);
  assert.deepEqual(lines.sort(), ['20', '22', '24']);
});

/** Where install writes, in a mount namespace of its own, for what `script` does there. */
const inEmptyPlaces = (script: string, ...args: string[]): Promise<RunResult> => {
  const empty = ['lib', 'sbin'].map((name) => `mount -t tmpfs -o mode=755 none /usr/local/${name}`);
  return capture('unshare', ['--mount', '--', 'sh', '-euc', [...empty, script].join('\n'), 'sh', ...args]);
};

interface Launching {
  server: LaunchServer;
  argv: (key: string) => Promise<string[]>;
  launch: (key: string, variables?: NodeJS.ProcessEnv) => Promise<RunResult>;
  close: () => Promise<void>;
}

/** What answers launchers that run on this Node. */
function launchServer(node: string): Launching {
  const base = mkdtempSync(join(tmpdir(), 'lns-launch-'));
  const server = new LaunchServer(
    base,
    process.pid,
    'en',
    () => Promise.reject(new Error('no task is started here')),
    { soon: () => undefined },
    () => undefined,
  );
  const argv = async (key: string): Promise<string[]> => [
    ...[node, 'dist/launcher.js', ...(await server.launcherArguments())],
    ...['--key', key],
  ];
  const launch = async (key: string, variables: NodeJS.ProcessEnv = {}): Promise<RunResult> => {
    const [command = '', ...args] = await argv(key);
    return capture(command, args, { env: { ...process.env, ...variables } });
  };
  const close = async (): Promise<void> => {
    await server.dispose();
    rmSync(base, { recursive: true });
  };
  return { server, argv, launch, close };
}

interface Finding {
  id: string;
  state: string;
  found: string;
  advice: string;
}

function findingOf(json: string, id: string): Finding {
  const { findings } = JSON.parse(json) as { findings: Finding[] };
  return findings.find((finding) => finding.id === id) ?? assert.fail(`nothing found of ${id}`);
}

for (const node of NODES) {
  describe(`on ${nameOf(node)}`, () => {
    const name = `lns-node-${randomUUID()}`;
    let sandbox: Sandbox;
    before(async () => {
      sandbox = await startSandbox({ name, types: JOINED });
    });
    after(() => sandbox.stop());
    const helper = (...args: string[]): Promise<string> => run(node, ['--', 'dist/helper.js', ...args]);

    it('all bundles are understood', async () => {
      for (const bundle of BUNDLES) await run(node, ['--check', `dist/${bundle}`]);
    });

    it('the helper tells its version', async () => {
      assert.match(await helper('--version'), /^ns-helper \d+\.\d+\.\d+\n$/);
    });

    it('the doctor tells of this Node', async () => {
      const { found } = findingOf(await helper('doctor', '--json'), 'runtime');
      assert.match(found, new RegExp(`^Node ${(await run(node, ['--version'])).trim().slice(1)} `));
    });

    it('the scan finds the sandbox', async () => {
      const { containers } = JSON.parse(await helper('scan', '--json')) as { containers: { name: string }[] };
      assert.equal(containers.filter((container) => container.name === name).length, 1);
    });

    it('a sandbox is entered: in place, and with a process of its own that waits', async () => {
      const own = (type: string): string => readlinkSync(`/proc/${sandbox.pid}/ns/${type}`);
      for (const types of [['net'], JOINED]) {
        const links = types.map((type) => `/proc/self/ns/${type}`);
        const args = ['--target', String(sandbox.pid), '--join', types.join(), '--as', 'root'];
        const said = await helper('enter', ...args, '--', 'readlink', ...links);
        assert.deepEqual(said.trim().split('\n'), types.map(own), types.join());
      }
    });

    it('what V8 made of what enters and scans is kept, and is what runs from then on', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lns-kept-'));
      try {
        for (const file of HELPER_FILES) cpSync(join('dist', file), join(folder, file));
        const v8 = (await run(node, ['-p', 'process.versions.v8'])).trim();
        const call = (options: readonly string[], ...args: string[]): Promise<RunResult> =>
          capture(node, [...NODE_OPTIONS, ...options, '--', join(folder, 'helper.js'), ...args]);
        for (const [name, options, ...wrong] of [
          [ENTER_BUNDLE, ENTER_OPTIONS, 'enter'],
          [SCAN_BUNDLE, SCAN_OPTIONS, 'scan', '--unknown'],
        ] as const) {
          const bundle = join(folder, name);
          const code = `${bundle}.${v8}.code`;
          writeFileSync(code, await foreignCode(bundle, () => call(ENTER_OPTIONS, 'compile'), code));
          assert.equal(whoseCode((await call(options, ...wrong)).stderr), 'foreign', name);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('the launcher leaves its environment, and becomes what it is told, or waits for it as its shell would', async () => {
      const { server, launch, close } = launchServer(node);
      try {
        let file = '';
        const key = server.prepare((_, envFile) => {
          file = envFile;
          return Promise.resolve({ command: 'sh', args: ['-c', 'echo "$0 $1"; exit 7', 'a b', '$c'], envFile });
        });
        const { code, stdout, stderr } = await launch(key, { MARK: 'line\nline' });
        assert.deepEqual([code, stdout, stderr], [7, 'a b $c\n', '']);
        assert.ok(readFileSync(file, 'utf8').split('\0').includes('MARK=line\nline'));
        const killed = server.prepare(() =>
          Promise.resolve({ command: 'sh', args: ['-c', 'kill -KILL $$'], envFile: null }),
        );
        const end = await launch(killed);
        // A terminal shows both alike: as its shell does, it counts from 128.
        assert.ok(end.signal === 'SIGKILL' || end.code === 128 + 9, JSON.stringify(end));
      } finally {
        await close();
      }
    });

    it('a signal to the launcher is one to what it has become', async () => {
      const { server, argv, close } = launchServer(node);
      let leader: number | undefined;
      try {
        const script = 'trap "echo ended; exit 3" TERM; echo ready; while :; do sleep 0.05; done';
        const key = server.prepare(() => Promise.resolve({ command: 'sh', args: ['-c', script], envFile: null }));
        const [command = '', ...args] = await argv(key);
        const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
        leader = child.pid;
        const ended = once(child, 'close');
        let said = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk;
          if (said === 'ready\n') child.kill('SIGTERM');
        });
        assert.deepEqual([await ended, said], [[3, null], 'ready\nended\n']);
      } finally {
        // What a launcher that ended alone would leave.
        if (leader !== undefined) signal(-leader, 'SIGKILL');
        await close();
      }
    });

    it('sudo’s question is passed on, and the answer given to it alone; without one it ends with a code', async () => {
      const base = mkdtempSync(join(tmpdir(), 'lns-ask-'));
      const answers = ['pass word', undefined];
      const asked: string[] = [];
      const options = { base, pid: process.pid, execPath: resolve(node), askpassPath: resolve('dist/askpass.js') };
      const server = await serveAskpass(options, (prompt) => {
        asked.push(prompt);
        return Promise.resolve(answers.shift());
      });
      try {
        const env = { ...process.env, ...server.env };
        const ask = async (): Promise<[code: number | null, said: string, error: string]> => {
          const { code, stdout, stderr } = await capture(server.env['SUDO_ASKPASS'] ?? '', ['[sudo] who? '], { env });
          return [code, stdout, stderr];
        };
        assert.deepEqual(await ask(), [0, 'pass word\n', '']);
        assert.deepEqual(await ask(), [1, '', '']);
        assert.deepEqual(asked, ['[sudo] who? ', '[sudo] who? ']);
      } finally {
        await server.dispose();
        rmSync(base, { recursive: true });
      }
    });

    it('user and time namespaces are entered, by a joiner', async () => {
      const other = await startSandbox({ types: ['user', 'time'] });
      try {
        const args = ['--target', String(other.pid), '--join', 'user,time', '--as', 'root'];
        const said = await helper('enter', ...args, '--', 'readlink', '/proc/self/ns/user', '/proc/self/ns/time');
        const own = ['user', 'time'].map((type) => readlinkSync(`/proc/${other.pid}/ns/${type}`));
        assert.deepEqual(said.trim().split('\n'), own);
      } finally {
        await other.stop();
      }
    });
  });
}

describe('an option that Node takes for its own, among the arguments of the helper', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-options-'));
    writeFileSync(file('evil.js'), `require('fs').writeFileSync(${JSON.stringify(file('mark'))}, '')`);
    writeFileSync(file('env'), `NODE_OPTIONS=--require=${file('evil.js')}\n`);
    // The name that --experimental-default-config-file looks for where it is started.
    writeFileSync(file('node.config.json'), JSON.stringify({ nodeOptions: { require: file('evil.js') } }));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Node 20.9 takes no absolute path. */
  const OPTIONS = [
    ['--env-file=env'],
    ['--env-file', 'env'],
    ['--experimental-config-file=node.config.json'],
    ['--experimental-config-file', 'node.config.json'],
    ['--experimental-default-config-file'],
  ];

  /** Those by which code of whoever has the arguments alone is run, behind -- and before it. */
  async function takenOver(start: (args: string[]) => Promise<RunResult>): Promise<string[]> {
    const taken: string[] = [];
    for (const option of OPTIONS) {
      for (const args of [
        ['enter', '--', 'true', ...option],
        ['enter', ...option],
      ]) {
        rmSync(file('mark'), { force: true });
        await start(args);
        if (existsSync(file('mark'))) taken.push(args.join(' '));
      }
    }
    return taken;
  }

  for (const path of NODES) {
    it(`is the command's own: installed, and as the extension starts it, on ${nameOf(path)}`, async () => {
      const [node, helperPath] = [resolve(path), resolve('dist/helper.js')];
      const byHand = await takenOver((args) => capture(node, ['--', helperPath, ...args], { cwd: folder }));
      assert.notDeepEqual(byHand, [], 'there is such an option');

      const runtime = {
        execPath: node,
        electron: false,
        nodeOptions: [],
        helperPath,
        uid: 0,
        sudo: 'sudo',
        unshare: true,
      };
      const byExtension = (args: string[]): Promise<RunResult> => {
        const line = helperCommand(runtime, args, { needsRoot: false, joinsMnt: true });
        return capture(line.command, line.args, { cwd: folder });
      };
      assert.deepEqual(await takenOver(byExtension), []);

      const installed = `"$1" -- "$2" install >&2; shift 2; exec ${PATHS.command} "$@"`;
      const byCommand = (args: string[]): Promise<RunResult> =>
        inEmptyPlaces(`cd ${folder}; ${installed}`, node, helperPath, ...args);
      assert.match((await byCommand(['--version'])).stdout, /^ns-helper \d/);
      assert.deepEqual(await takenOver(byCommand), []);
    });
  }

  it('reaches the command, as every other argument does', async () => {
    const words = ['--env-file=env', '=', '==x', '', 'a b', "it's", '$HOME', '*', 'two\nlines'];
    const helperPath = resolve('dist/helper.js');
    const args = ['enter', '--target', String(process.pid), '--join', 'uts', '--as', 'root', '--', 'printf', '%s|'];
    const script = `"$1" -- "$2" install >&2; shift 2; exec ${PATHS.command} "$@"`;
    const { stdout, stderr } = await inEmptyPlaces(script, process.execPath, helperPath, ...args, ...words);
    assert.equal(stdout, words.map((word) => `${word}|`).join(''), stderr);
  });
});
