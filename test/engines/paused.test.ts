// `scan --watch` beside a container that is paused and goes on: no engine tells, and nothing of its processes changes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ScanDocument } from '../../helper/protocol';
import { HELPER, NODE } from '../kernel/support';
import { end, run, waitFor } from '../support/run';
import { skipWithout } from '../support/skip';
import { ENGINES, type Expected } from './scanEngines';
import { makeFolder, undoAll } from './undo';

interface Pausing {
  readonly engine: string;
  readonly pause: (folder: string, name: string) => Promise<string>;
  readonly resume: (folder: string, name: string) => Promise<string>;
}

const lxc = (program: string, folder: string, name: string): Promise<string> =>
  run(program, ['--lxcpath', folder, '--name', name]);
const runc = (verb: string, folder: string, name: string): Promise<string> =>
  run('runc', ['--root', join(folder, 'state'), verb, name]);
const CASES: readonly Pausing[] = [
  {
    engine: 'LXC',
    pause: (folder, name) => lxc('lxc-freeze', folder, name),
    resume: (folder, name) => lxc('lxc-unfreeze', folder, name),
  },
  {
    engine: 'runc',
    pause: (folder, name) => runc('pause', folder, name),
    resume: (folder, name) => runc('resume', folder, name),
  },
];

for (const { engine, pause, resume } of CASES) {
  describe(`scan --watch: a container of ${engine} that is paused`, () => {
    const undo: (() => unknown)[] = [];
    let folder = '';
    let container: Expected;
    let latest: ScanDocument | null = null;
    before(async function () {
      folder = makeFolder();
      try {
        const [first] = (await ENGINES.find(({ name }) => name === engine)?.start(folder, undo, [])) ?? [];
        assert.ok(first);
        container = first;
      } catch (error) {
        await undoAll(undo, folder);
        skipWithout(this, engine, error);
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

    it('is shown so, until it goes on', async () => {
      await shows('running');
      await pause(folder, container.name ?? '');
      await shows('paused');
      await resume(folder, container.name ?? '');
      await shows('running');
    });
  });
}
