// What the log says of what could not be looked at.
import assert from 'node:assert/strict';
import { noteLog } from '../../extension/discover/noteLog';
import { EMPTY_SNAPSHOT } from '../../extension/model/container';

describe('the log of what could not be looked at', () => {
  it('has each note once for as long as it stays, and again where it comes back', () => {
    const logged: string[] = [];
    const take = noteLog((note) => logged.push(note));
    for (const notes of [['a'], ['a', 'b'], ['b'], [], ['a']]) take({ ...EMPTY_SNAPSHOT, notes });
    assert.deepEqual(logged, ['a', 'b', 'a']);
  });
});
