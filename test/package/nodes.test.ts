// The bundles on each version of Node that may start them: what an old VS Code brings, what a person's sudo finds. Not
// what they do, which the other suites look at on the newest.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { helperCommand } from '../../extension/shared/helperCommand';
import { PATHS } from '../../helper/install/paths';
import { capture, run, type RunResult } from '../support/run';
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

    it('user and time namespaces are entered, by way of nsenter', async () => {
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

      const runtime = { execPath: node, electron: false, nodeOptions: [], helperPath, uid: 0, sudo: 'sudo' };
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
