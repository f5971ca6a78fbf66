// The one picture of the machine: who follows it, and who is told of what.
import assert from 'node:assert/strict';
import { Inventory, type Source } from '../../extension/discover/inventory';
import type { Snapshot } from '../../extension/model/container';
import { makeContainer, snapshotOf } from './containerFixture';

class FakeSource implements Source {
  shows = 0;
  looks = 0;
  show: ((snapshot: Snapshot) => void) | null = null;
  next: Snapshot = snapshotOf();
  look(): Promise<Snapshot> {
    this.looks++;
    return Promise.resolve(this.next);
  }
  start(show: (snapshot: Snapshot) => void): void {
    assert.equal(this.show, null, 'it is started once');
    this.show = show;
  }
  stop(): void {
    assert.notEqual(this.show, null, 'it is stopped once');
    this.show = null;
  }
}

describe('discover: the inventory', () => {
  const container = makeContainer('web', { net: 1 });
  const web = (): Snapshot => snapshotOf(container);
  const inventoryOf = (source: Source): { inventory: Inventory; seen: Snapshot[] } => {
    const inventory = new Inventory(source);
    const seen: Snapshot[] = [];
    inventory.onDidChange((snapshot) => seen.push(snapshot));
    return { inventory, seen };
  };

  it('follows while anybody holds a lease, and no longer', () => {
    const source = new FakeSource();
    const { inventory } = inventoryOf(source);
    assert.equal(source.show, null);
    const leases = [inventory.follow(), inventory.follow()];
    assert.notEqual(source.show, null);
    leases[0]?.dispose();
    leases[0]?.dispose();
    assert.notEqual(source.show, null);
    leases[1]?.dispose();
    assert.equal(source.show, null);
    inventory.follow().dispose();
    assert.equal(source.show, null);
    assert.equal(source.looks, 0);
  });

  it('tells of each change once, and of none where the picture is the same', () => {
    const source = new FakeSource();
    const { inventory, seen } = inventoryOf(source);
    inventory.follow();
    source.show?.(snapshotOf());
    assert.deepEqual(seen, [snapshotOf()], 'that there is nothing is news, the first time');
    source.show?.(web());
    source.show?.(web());
    assert.equal(seen.length, 2);
    assert.deepEqual(inventory.latest, web());
    source.show?.({ ...web(), notes: ['Docker is gone'] });
    assert.equal(seen.length, 3);
  });

  it('shares a look among those who ask meanwhile, and looks again afterwards', async () => {
    const source = new FakeSource();
    source.next = web();
    const { inventory, seen } = inventoryOf(source);
    const [first, second] = await Promise.all([inventory.refresh(), inventory.refresh()]);
    assert.equal(first, second);
    assert.equal(source.looks, 1);
    const again = await inventory.refresh();
    assert.equal(source.looks, 2);
    assert.equal(again, first, 'what did not change is the same object');
    assert.equal(seen.length, 1);
  });

  it('looks once more for those who ask while a look is under way: what it has passed may have changed', async () => {
    const ends: ((snapshot: Snapshot) => void)[] = [];
    const { inventory } = inventoryOf({
      look: () => new Promise((resolve) => ends.push(resolve)),
      start: () => undefined,
      stop: () => undefined,
    });
    const first = inventory.refresh();
    await Promise.resolve();
    const later = [inventory.refresh(), inventory.refresh()];
    assert.equal(ends.length, 1);
    ends[0]?.(snapshotOf());
    assert.deepEqual(await first, snapshotOf());
    await Promise.resolve();
    assert.equal(ends.length, 2);
    ends[1]?.(web());
    assert.deepEqual(await Promise.all(later), [web(), web()]);
    assert.equal(ends.length, 2);
  });

  it('goes on after a look that failed', async () => {
    let looks = 0;
    const { inventory } = inventoryOf({
      look: () => (looks++ === 0 ? Promise.reject(new Error('no')) : Promise.resolve(web())),
      start: () => undefined,
      stop: () => undefined,
    });
    await assert.rejects(inventory.refresh(), /^Error: no$/);
    assert.deepEqual(await inventory.refresh(), web());
  });
});
