// The number on the view's icon.
import assert from 'node:assert/strict';
import { badgeOf } from '../../extension/tree/badge';
import { makeContainer } from './containerFixture';

const web = makeContainer('web', { net: 1 });
const api = makeContainer('api', { net: 2 }, { state: 'paused' });
const old = makeContainer('old', {}, { state: 'exited', pid: 0 });

describe('the badge', () => {
  it('counts what runs, and not what is stopped', () => {
    assert.deepEqual(badgeOf([web, api, old], true), { value: 2, tooltip: '2 containers running' });
    assert.deepEqual(badgeOf([web, old], true), { value: 1, tooltip: '1 container running' });
    assert.equal(badgeOf([old], true), undefined);
  });

  it('says of how it was when nobody sees the view that it was so', () => {
    assert.equal(badgeOf([web], false)?.tooltip, '1 container running when the view was last seen');
  });
});
