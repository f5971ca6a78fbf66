// What the helper's environment must not hold: the word of a sudo that is not the one that starts it.
import assert from 'node:assert/strict';
import { helperEnvironment } from '../../extension/launch/helperEnvironment';

describe('the environment of sudo and the helper', () => {
  it('holds nothing of an earlier sudo, and all else', () => {
    const kept = { PATH: '/bin', HOME: '/root', SUDOKU: '1', MY_SUDO_UID: '2', SUDO: '', LANG: 'C' };
    const dropped = {
      SUDO_UID: '1000',
      SUDO_GID: '1000',
      SUDO_USER: 'dev',
      SUDO_COMMAND: 'code',
      SUDO_ASKPASS: '/bin/x',
      DOAS_USER: 'dev',
      ELECTRON_RUN_AS_NODE: '1',
    };
    assert.deepEqual(helperEnvironment({ ...dropped, ...kept }), kept);
  });
});
