// `ns-helper scan --json` as root against what each engine's own tool says of its containers, with no engine asked.
import assert from 'node:assert/strict';
import type { ScanDocument } from '../../helper/protocol';
import { helper, inodesOf, startTimeOf } from '../kernel/support';
import { skipWithout } from '../support/skip';
import { ENGINES, type Expected } from './scanEngines';
import { makeFolder, undoAll } from './undo';

const scan = async (): Promise<ScanDocument> => JSON.parse((await helper(['scan', '--json'])).stdout) as ScanDocument;

for (const engine of ENGINES) {
  describe(`scan: ${engine.name}`, () => {
    const undo: (() => unknown)[] = [];
    let folder = '';
    let expected: readonly Expected[] = [];
    let document: ScanDocument;
    before(async function () {
      folder = makeFolder();
      try {
        expected = await engine.start(folder, undo);
      } catch (error) {
        await undoAll(undo, folder);
        skipWithout(this, engine.name, error);
      }
      document = await scan();
    });
    after(() => undoAll(undo, folder));

    it('is named as its own tool names it, once, with its namespaces', () => {
      assert.ok(expected.length > 0);
      for (const container of expected) {
        const found = document.containers.filter(({ pid }) => pid === container.pid);
        assert.equal(found.length, 1, `${container.name ?? ''}: listed ${found.length} times`);
        assert.deepEqual({ ...found[0], ...container }, found[0]);
        assert.deepEqual(found[0]?.namespaces, inodesOf(container.pid));
        assert.equal(found[0].startTime, startTimeOf(container.pid));
        const twins = document.containers.filter(
          ({ id, engine: by }) => id === found[0]?.id && by === container.engine,
        );
        if (found[0].id !== null) assert.equal(twins.length, 1, 'one container has the id');
      }
    });

    it('has its processes, with the pid and user that they have inside', () => {
      for (const { pid, engine: by } of expected) {
        const found = document.processes.find((process) => process.pid === pid);
        assert.equal(found?.nsPids[0], pid);
        // All run as root inside, but for those that keep the user's own id.
        assert.equal(found.insideUid, ['bubblewrap', 'flatpak', 'firejail'].includes(by) ? found.uid : 0);
        assert.match(found.command, /sleep|stubinit|bwrap/);
      }
    });

    const { besides } = engine;
    if (!besides) return;
    it('is all that its user has, but for what the engine runs in, which is called after it', () => {
      const [user, pids] = [expected[0]?.user, expected.map(({ pid }) => pid)];
      const others = document.containers.filter((found) => found.user === user && !pids.includes(found.pid));
      assert.deepEqual(
        others.map(({ engine: by, name }) => `${by} ${name}`),
        besides,
      );
    });
  });
}
