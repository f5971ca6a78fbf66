// Work in slices: the others have their turns, and what comes of it is the same.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { indexBy } from '../../extension/shared/indexBy';
import { atOnce, inSlices, ownTurn, type Work } from '../../extension/shared/slices';
import { sorted } from '../../extension/shared/sorted';

function* count(to: number): Work<number> {
  let counted = 0;
  for (; counted < to; counted++) yield;
  return counted;
}

describe('work in slices', () => {
  it('comes to the same as the work at once', async () => {
    assert.equal(atOnce(count(5)), 5);
    assert.equal(await inSlices(count(5)), 5);
  });

  it('lets others have their turns in between', async () => {
    let turns = 0;
    const others = setInterval(() => turns++, 1);
    function* untilOthersHadTurns(): Work<number> {
      while (turns < 3) yield;
      return turns;
    }
    assert.ok((await inSlices(untilOthersHadTurns())) >= 3);
    clearInterval(others);
  });

  it('has a turn of the event loop to itself', async () => {
    let turn = 0;
    let counting = setImmediate(function count() {
      turn++;
      counting = setImmediate(count);
    });
    const turns = await Promise.all([1, 2, 3].map(() => ownTurn().then(() => turn)));
    clearImmediate(counting);
    assert.equal(new Set(turns).size, 3, String(turns));
  });

  it('fails as the work does', async () => {
    function* failing(): Work<number> {
      yield* count(2);
      throw new Error('no');
    }
    await assert.rejects(inSlices(failing()), /^Error: no$/);
  });

  it('sorts as at once: what compares as equal stays in its order', () => {
    const items = fc.array(fc.record({ key: fc.nat(50), place: fc.nat() }), { maxLength: 2_000, size: 'max' });
    const byKey = (a: { key: number }, b: { key: number }): number => a.key - b.key;
    fc.assert(
      fc.property(items, (all) => {
        assert.deepEqual(atOnce(sorted(all, byKey)), [...all].sort(byKey));
      }),
    );
  });

  it('sorts and indexes thousands with pauses', () => {
    const items = Array.from({ length: 3_000 }, (_, at) => (at * 7_919) % 3_000);
    for (const work of [sorted(items, (a, b) => a - b), indexBy(items, String)]) {
      let pauses = 0;
      while (work.next().done !== true) pauses++;
      assert.ok(pauses >= 10, `${pauses} pauses`);
    }
  });
});
