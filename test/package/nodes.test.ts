// The bundles on each version of Node that may start them: what an old VS Code brings, what a person's sudo finds. Not
// what they do, which the other suites look at on the newest.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { PATHS } from '../../helper/install/paths';
import { EXIT } from '../../helper/protocol';
import { capture, run, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';

const OTHER_NODES = readdirSync('out/nodes');
const NODES = [...OTHER_NODES.map((version) => `out/nodes/${version}/node`), process.execPath];
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
  describe(`on ${node === process.execPath ? `Node ${process.version}` : node}`, () => {
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

describe('a Node that obeys an --env-file among the arguments of the helper', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-env-file-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Whether code of a caller's is run where a caller has the arguments alone. */
  async function isTakenOver(start: (...args: string[]) => Promise<RunResult>): Promise<boolean> {
    const [script, file, mark] = ['evil.js', 'env', 'mark'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(script, `require('fs').writeFileSync(${JSON.stringify(mark)}, '')`);
    writeFileSync(file, `NODE_OPTIONS=--require=${script}\n`);
    rmSync(mark, { force: true });
    // Node 20.9 takes no absolute path.
    await start('enter', '--', 'true', `--env-file=${relative('', file)}`, '--env-file', relative('', file));
    return existsSync(mark);
  }

  for (const node of NODES) {
    const old = node.includes('/20.9.');
    it(`${old ? 'is' : 'is not'} ${node}: install and the doctor tell them apart`, async () => {
      const argv = [resolve(node), '--', resolve('dist/helper.js')];
      assert.equal(await isTakenOver((...args) => capture(node, ['--', 'dist/helper.js', ...args])), old);
      const { state, advice } = findingOf(await run(node, [...argv.slice(1), 'doctor', '--json']), 'runtime');
      assert.deepEqual([state, /--env-file.*Node 20\.19/.test(advice)], old ? ['limited', true] : ['ok', false]);
      if (old) {
        const script = `code=0; "$@" install || code=$?; ls -A /usr/local/lib /usr/local/sbin; exit $code`;
        const refused = await inEmptyPlaces(script, ...argv);
        assert.equal(refused.code, EXIT.missingTool.code, refused.stderr);
        assert.match(refused.stderr, /^ns-helper: install: Node 20\.9[^\n]*--env-file[^\n]*Node 20\.19[^\n]*\n$/);
        assert.equal(refused.stdout, '/usr/local/lib:\n\n/usr/local/sbin:\n');
      } else {
        const script = `"$1" "$2" "$3" install >&2; shift 3; exec ${PATHS.command} "$@"`;
        assert.match((await inEmptyPlaces(script, ...argv, '--version')).stdout, /^ns-helper \d/);
        assert.equal(await isTakenOver((...args) => inEmptyPlaces(script, ...argv, ...args)), false);
      }
    });
  }

  it('in the place of the one that is installed is told of by the doctor', async () => {
    const old = NODES.find((node) => node.includes('/20.9.')) ?? assert.fail('no Node 20.9');
    const script = `
      old=$1; shift
      "$@" install >&2
      node=$(sed -n 's/^exec \\([^ ]*\\) .*/\\1/p' ${PATHS.command})
      mount --bind "$old" "$node"
      exec "$@" doctor --json`;
    const argv = [resolve(old), process.execPath, '--', resolve('dist/helper.js')];
    const { stdout } = await inEmptyPlaces(script, ...argv);
    const { state, advice } = findingOf(stdout, 'installed');
    assert.deepEqual([state, /--env-file.*Node 20\.19/.test(advice)], ['limited', true], advice);
  });
});
