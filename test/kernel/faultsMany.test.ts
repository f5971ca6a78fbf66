// Two hundred at once, as when an editor opens again with all of its terminals: each is where it was meant to be, all run at
// the same time, and nothing is left of them.
import assert from 'node:assert/strict';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { descendantsOf, inodesOf, startTimeOf, type Inodes } from './support';
import { attempt, SteppedHelper } from './supportSteps';

const HOW_MANY = 200;
const TYPES: NamespaceName[][] = [['net'], ['net', 'uts', 'ipc'], ['mnt', 'net'], ['net', 'pid', 'mnt']];

describe(`enter: ${HOW_MANY} at once`, () => {
  const stepped = new SteppedHelper();
  const boxes: Sandbox[] = [];
  before(async () => {
    for (let count = 0; count < 4; count++)
      boxes.push(await startSandbox({ types: ['ipc', 'mnt', 'net', 'pid', 'uts'] }));
  });
  after(async () => {
    for (const box of boxes) await box.stop();
    stepped.remove();
  });

  it('each in the namespaces it was meant for, and none left', async function () {
    this.timeout(180_000);
    const before = new Set(descendantsOf(process.pid));
    const own = inodesOf('self');
    let running = 0;
    const enterOne = async (index: number): Promise<void> => {
      const target = boxes[index % boxes.length]!.pid;
      const types = TYPES[Math.floor(index / boxes.length) % TYPES.length]!;
      const theirs = inodesOf(target);
      const join = types.map((type) => `${type}=${theirs[type]}`).join(',');
      const args = ['--target', `${target}@${startTimeOf(target)}`, '--join', join, '--view', 'none'];
      const outcome = await attempt<Inodes>(stepped.argv(args, null), {
        stops: false,
        act: () => Promise.resolve(),
        look: async (cat) => {
          running++;
          await waitFor('all of them to run', () => running >= HOW_MANY, 120_000);
          return inodesOf(cat);
        },
      });
      assert.deepEqual([outcome.code, outcome.signal, outcome.stderr], [0, null, '']);
      const expected = { ...own, ...Object.fromEntries(types.map((type) => [type, theirs[type]])) };
      assert.deepEqual(outcome.seen, expected);
    };
    const results = await Promise.allSettled(Array.from({ length: HOW_MANY }, (_, index) => enterOne(index)));
    const failed = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
    assert.deepEqual(failed, []);
    assert.equal(running, HOW_MANY);
    assert.deepEqual(
      descendantsOf(process.pid).filter((pid) => !before.has(pid)),
      [],
    );
  });
});
