// What the helper's environment must not hold: the word of a sudo that is not the one that starts it, and what Node obeys.
import assert from 'node:assert/strict';
import { helperEnvironment } from '../../extension/launch/helperEnvironment';

describe('the environment of sudo and the helper', () => {
  it('holds nothing of an earlier sudo and nothing that Node obeys, and all else', () => {
    const kept = {
      NODE: '1',
      NODENV_ROOT: '/x',
      VSCODE_PID: '3',
      PATH: '/bin',
      HOME: '/root',
      SUDOKU: '1',
      MY_SUDO_UID: '2',
      SUDO: '',
      LANG: 'C',
    };
    const dropped = {
      SUDO_UID: '1000',
      SUDO_GID: '1000',
      SUDO_USER: 'dev',
      SUDO_COMMAND: 'code',
      SUDO_ASKPASS: '/bin/x',
      DOAS_USER: 'dev',
      ELECTRON_RUN_AS_NODE: '1',
      NODE_OPTIONS: '--inspect',
      NODE_PATH: '/tmp',
      VSCODE_INSPECTOR_OPTIONS: '{}',
    };
    assert.deepEqual(helperEnvironment({ ...dropped, ...kept }), kept);
  });
});
