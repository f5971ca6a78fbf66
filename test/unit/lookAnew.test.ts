// What was chosen, looked up anew after a restart: never something else of the same name.
import assert from 'node:assert/strict';
import { describeStale, lookAnew } from '../../extension/commands/lookAnew';
import type { Namespace } from '../../extension/model/container';
import { heldChoice } from '../../extension/select/held';
import { only } from '../../extension/select/selection';
import { makeContainer, makeNamespace, snapshotOf } from './containerFixture';

const before = makeContainer('web', { net: 1, uts: 2 }, { key: 'sandbox:7@1', engine: 'sandbox', pid: 7 });
const chosen = only(before, ['net', 'uts']);
const restarted = { key: 'sandbox:8@9', engine: 'sandbox', pid: 8, startTime: 9 };
const fault = (message: RegExp): { name: string; message: RegExp } => ({ name: 'UserError', message });

describe('a look for the same containers', () => {
  it('finds one by its key, whatever else has its name now', () => {
    const same = makeContainer('renamed', { net: 11, uts: 12 }, { key: before.key, engine: 'sandbox' });
    const other = makeContainer('web', { net: 21, uts: 22 }, restarted);
    assert.deepEqual(lookAnew(chosen, snapshotOf(other, same)), only(same, ['net', 'uts']));
  });

  it('finds one that was made anew by its name, with the same types', () => {
    const anew = makeContainer('web', { net: 21, uts: 22, mnt: 23 }, restarted);
    assert.deepEqual(lookAnew(chosen, snapshotOf(anew)), only(anew, ['net', 'uts']));
  });

  for (const [whose, difference] of [
    ['another user’s', { ...restarted, user: 'mallory' }],
    ['another user’s who has no name', { ...restarted, user: null, uid: 4242 }],
    ['another engine’s', { ...restarted, engine: 'docker' }],
  ] as const) {
    it(`takes no container of its name that is ${whose}`, () => {
      const foreign = makeContainer('web', { net: 21, uts: 22 }, difference);
      assert.throws(() => lookAnew(chosen, snapshotOf(foreign)), fault(/^container "web" is not running/));
    });
  }

  it('says what has no such namespace of its own any more', () => {
    const anew = makeContainer('web', { uts: 22 }, restarted);
    assert.throws(() => lookAnew(chosen, snapshotOf(anew)), fault(/^web has no net namespace of its own any more\.$/));
  });

  it('finds what a file keeps now, and says where it keeps nothing', () => {
    const kept = (inode: number): Namespace => makeNamespace('net', inode, { heldBy: ['/run/netns/blue'] });
    const [old, anew] = [heldChoice(kept(31)), heldChoice(kept(32))];
    assert.ok(!('obstacle' in old) && !('obstacle' in anew));
    assert.deepEqual(lookAnew([old], { ...snapshotOf(), namespaces: [kept(32)] }), [anew]);
    assert.throws(() => lookAnew([old], snapshotOf()), fault(/^blue has no net namespace/));
  });
});

describe('what is said of containers that are not there as they were', () => {
  it('names the one, or all of several: which it was is not known', () => {
    assert.match(describeStale(chosen), /^web has stopped or was restarted since the view was refreshed/);
    const api = makeContainer('api', { mnt: 5 });
    assert.equal(
      describeStale([...chosen, ...only(api, ['mnt'])]),
      'One of these has stopped or was restarted since the view was refreshed, so nothing was entered: web, api.',
    );
  });

  it('speaks of a file where that kept it', () => {
    const [net] = chosen;
    assert.ok(net);
    assert.match(describeStale([{ ...net, path: '/run/netns/web' }]), /^web is no longer held by that file/);
  });
});
