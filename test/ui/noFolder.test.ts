// An editor in which no folder is open: one who only looks after containers has none.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestUser } from '../support/users';
import type { Workbench } from '../support/workbench';
import { Scene } from './scene';

const NAME = `no-folder-${randomBytes(3).toString('hex')}`;
const ADDRESS = '10.76.0.7';

describe('without a folder, by hand', () => {
  const scene = new Scene('no folder');
  let user: TestUser;
  let workbench: Workbench;

  before(async () => {
    user = await scene.user('nopasswd');
    await scene.sandbox({ name: NAME, types: ['net'], address: `${ADDRESS}/24` });
    workbench = await scene.editor({ user, files: null });
    await workbench.openView('Namespaces');
  });

  it('lists containers and opens a terminal in one, in the home of the user', async () => {
    await workbench.contextMenu(NAME, 'Open Terminal in Network Namespace');
    await workbench.waitForTerminal(/\$$/);
    await workbench.type('ip -brief address; pwd\n');
    const text = await workbench.waitForTerminal(new RegExp(`^${user.home}$`, 'm'));
    assert.ok(text.includes(ADDRESS), text);
  });

  it('says what is missing where builds are to be run in a container', async () => {
    await workbench.runCommand('Namespaces: Always Run Build Tasks in…');
    await workbench.message('Open a folder first');
  });
});
