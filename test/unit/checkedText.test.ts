// What stands above the rows about the checkboxes.
import assert from 'node:assert/strict';
import { describeChecked } from '../../extension/select/checkedText';
import { only } from '../../extension/select/selection';
import { makeContainer } from './containerFixture';

const web = makeContainer('web', { net: 1, uts: 2 });
const api = makeContainer('api\n$(x)', { net: 3, uts: 4 });

describe('the line about what is checked', () => {
  it('names each namespace and whose it is', () => {
    assert.equal(
      describeChecked([...only(web, ['net']), ...only(web, ['uts'])], null),
      'Selected: net of web, uts of web',
    );
  });

  it('says of a second one of a type which one it took the place of', () => {
    const chosen = [...only(web, ['uts']), ...only(api, ['net'])];
    assert.equal(
      describeChecked(chosen, { type: 'net', name: 'web' }),
      'Selected: net of api $\u2060(x) instead of web, uts of web',
    );
  });

  it('is not there where nothing is checked', () => {
    assert.equal(describeChecked([], { type: 'net', name: 'web' }), '');
  });
});
