// Which namespaces are chosen by the checkboxes: one of each type at most, by container key, across refreshes.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { allOf, Checked, conflictsIn, identityOf, only, type Chosen } from '../../extension/select/selection';
import { makeContainer, snapshotOf } from './containerFixture';

const web = makeContainer('web', { net: 1, mnt: 2, pid: 3 });
const api = makeContainer('api', { net: 4, uts: null });
const both = snapshotOf(web, api);
const names = (chosen: readonly Chosen[]): string[] =>
  chosen.map(({ container, namespace }) => `${container.name}:${namespace.type}`);

describe('checked namespaces', () => {
  it('a second one of the same type takes the place of the first', () => {
    const checked = new Checked();
    checked.set(web.key, 'net', true);
    checked.set(web.key, 'mnt', true);
    checked.set(api.key, 'net', true);
    assert.deepEqual(names(checked.resolve(both)), ['web:mnt', 'api:net']);
    assert.equal(checked.has(web.key, 'net'), false);
    assert.equal(checked.size, 2);
  });

  it('unchecking what another has taken over changes nothing', () => {
    const checked = new Checked();
    checked.set(web.key, 'net', true);
    checked.set(api.key, 'net', true);
    checked.set(web.key, 'net', false);
    assert.deepEqual(names(checked.resolve(both)), ['api:net']);
    checked.set(api.key, 'net', false);
    assert.equal(checked.size, 0);
  });

  it('is of the container as it is now', () => {
    const checked = new Checked();
    checked.set(web.key, 'net', true);
    const restarted = makeContainer('web', { net: 99 }, { pid: 5000 });
    const [chosen] = checked.resolve(snapshotOf(restarted));
    assert.deepEqual([chosen?.namespace.inode, chosen?.container.pid], [99, 5000]);
  });

  it('forgets a container that is gone, and only that', () => {
    const checked = new Checked();
    checked.set(web.key, 'mnt', true);
    checked.set(api.key, 'net', true);
    // A look that failed says nothing of what is there.
    checked.prune({ ...snapshotOf(), notes: ['the scan did not answer'] });
    assert.deepEqual(names(checked.resolve(both)), ['web:mnt', 'api:net']);
    checked.prune(snapshotOf(api));
    assert.deepEqual(names(checked.resolve(both)), ['api:net']);
  });

  it('never holds two of a type, whatever is clicked', () => {
    const click = fc.record({
      key: fc.constantFrom(web.key, api.key, 'docker:gone'),
      type: fc.constantFrom(...NAMESPACE_NAMES),
      checked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(click, { maxLength: 40 }), (clicks) => {
        const checked = new Checked();
        for (const each of clicks) {
          checked.set(each.key, each.type, each.checked);
          assert.equal(checked.has(each.key, each.type), each.checked);
        }
        assert.deepEqual(conflictsIn(checked.resolve(both)), []);
      }),
    );
  });
});

describe('chosen namespaces', () => {
  it('all of a container are those that are its own, locked ones among them', () => {
    assert.deepEqual(names(allOf(web)), ['web:net', 'web:pid', 'web:mnt']);
    assert.deepEqual(names(allOf(api)), ['api:uts', 'api:net']);
    assert.deepEqual(allOf(makeContainer('host', {})), []);
  });

  it('only some types, of its own', () => {
    assert.deepEqual(names(only(web, ['net', 'user'])), ['web:net']);
    assert.deepEqual(only(web, []), []);
  });

  it('the identity of a mixture is that of whose files are entered, or of the first that has a process', () => {
    const name = (...chosen: Chosen[]): string | undefined => identityOf(chosen)?.name;
    const kept = { ...only(web, ['net'])[0]!, container: makeContainer('kept', { net: 1 }), path: '/run/netns/kept' };
    assert.equal(name(...only(api, ['net']), ...only(web, ['mnt'])), 'web');
    assert.equal(name(...only(web, ['mnt']), ...only(api, ['net'])), 'web');
    assert.equal(name(...only(api, ['net']), ...only(web, ['pid'])), 'api');
    assert.equal(name(kept, ...only(api, ['uts'])), 'api');
    assert.equal(name(kept), undefined);
  });

  it('conflicts are named once each', () => {
    assert.deepEqual(conflictsIn([...allOf(web), ...allOf(api), ...only(api, ['net'])]), ['net']);
    assert.deepEqual(conflictsIn(allOf(web)), []);
  });
});
