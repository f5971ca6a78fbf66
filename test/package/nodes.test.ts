// The bundles on each version of Node that may start them: what an old VS Code brings, what a person's sudo finds. Not
// what they do, which the other suites look at on the newest.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { run } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';

const OTHER_NODES = readdirSync('out/nodes');
const NODES = [...OTHER_NODES.map((version) => `out/nodes/${version}/node`), process.execPath];
const BUNDLES = readdirSync('dist').filter((file) => file.endsWith('.js'));
const JOINED = ['cgroup', 'ipc', 'uts', 'net', 'pid', 'mnt'] as const;

it('is tried on the lines 20, 22 and 24', () => {
  const lines = [...OTHER_NODES, process.versions.node].map((version) => version.split('.')[0]);
  assert.deepEqual(lines.sort(), ['20', '22', '24']);
});

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
      const { findings } = JSON.parse(await helper('doctor', '--json')) as {
        findings: { id: string; state: string; found: string }[];
      };
      const runtime = findings.find(({ id }) => id === 'runtime');
      assert.match(runtime?.found ?? '', new RegExp(`^Node ${(await run(node, ['--version'])).trim().slice(1)} `));
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
