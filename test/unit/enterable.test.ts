// What can be entered of what was chosen: one namespace of each type, and each only once.
import assert from 'node:assert/strict';
import { enterable } from '../../extension/commands/enterable';
import { allOf, only } from '../../extension/select/selection';
import { makeContainer } from './containerFixture';

const web = makeContainer('web', { net: 1, mnt: 2 });
const sidecar = makeContainer('sidecar', { net: 1, mnt: 3, uts: null });
const api = makeContainer('api', { net: 4, uts: null });
const fault = (message: string): { name: string; message: string } => ({ name: 'UserError', message });

describe('what can be entered', () => {
  it('is each namespace once, of the container that was named first', () => {
    const chosen = [...only(web, ['net']), ...only(sidecar, ['net', 'uts'])];
    assert.deepEqual(enterable(chosen), [...only(web, ['net']), ...only(sidecar, ['uts'])]);
    assert.deepEqual(enterable([...allOf(api), ...only(api, ['uts'])]), allOf(api));
  });

  it('is not two of a type: both sides are named', () => {
    const odd = makeContainer('a\u001b[1m', { net: 9 });
    assert.throws(
      () => enterable([...only(web, ['net']), ...only(sidecar, ['net']), ...allOf(odd)]),
      fault(
        'A process is in one namespace of each type, but net is selected in more than one container: web, a\ufffd[1m.',
      ),
    );
  });

  it('are not two that may not be read, of different containers: they may be different', () => {
    const message =
      'A process is in one namespace of each type, but uts is selected in more than one container: sidecar, api.';
    assert.throws(() => enterable([...only(sidecar, ['uts']), ...only(api, ['uts'])]), fault(message));
  });

  it('is not nothing', () => {
    const message = "All of these namespaces are the machine's own: every terminal is already in them.";
    assert.throws(() => enterable(allOf(makeContainer('host', {}))), fault(message));
  });
});
