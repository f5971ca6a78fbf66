// `scan --watch` beside a container of LXC's that is paused and goes on: no engine tells, and nothing of its processes changes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ScanDocument } from '../../helper/protocol';
import { HELPER, NODE } from '../kernel/support';
import { end, run, waitFor } from '../support/run';
import { skipWithout } from '../support/skip';
import { ENGINES, type Expected } from './scanEngines';
import { makeFolder, undoAll } from './undo';

describe('scan --watch: a container that is paused', () => {
  const undo: (() => unknown)[] = [];
  let folder = '';
  let container: Expected;
  let latest: ScanDocument | null = null;
  before(async function () {
    folder = makeFolder();
    try {
      const [first] = (await ENGINES.find(({ name }) => name === 'LXC')?.start(folder, undo)) ?? [];
      assert.ok(first);
      container = first;
    } catch (error) {
      await undoAll(undo, folder);
      skipWithout(this, 'LXC', error);
    }
    const child = spawn(NODE, ['--', HELPER, 'scan', '--watch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { pid } = child;
    assert.ok(pid !== undefined);
    undo.push(() => end([pid]));
    createInterface({ input: child.stdout }).on('line', (line) => (latest = JSON.parse(line) as ScanDocument));
  });
  after(() => undoAll(undo, folder));

  const shows = (state: string): Promise<boolean> =>
    waitFor(`the container to be ${state}`, () =>
      Boolean(latest?.containers.some((found) => found.pid === container.pid && found.state === state)),
    );
  const lxc = (program: string): Promise<string> => run(program, ['--lxcpath', folder, '--name', container.name ?? '']);

  it('is shown so, until it goes on', async () => {
    await shows('running');
    await lxc('lxc-freeze');
    await shows('paused');
    await lxc('lxc-unfreeze');
    await shows('running');
  });
});
