// What goes on when the window is loaded again, and what is not started unasked when VS Code brings its terminals back after
// a restart. A shell inside leaves a line in a file when it starts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../support/run';
import type { Sandbox } from '../support/sandbox';
import type { TestUser } from '../support/users';
import { PROMPT, type Workbench } from '../support/workbench';
import { Scene } from './scene';
import { storeRevived } from './storeRevived';

const NAME = `reload-${randomBytes(3).toString('hex')}`;
const RC = 'PS1="\\$ "; echo "$$ $(readlink /proc/self/ns/net)" >> ~/project/shells.txt\n';

describe('a window that is loaded again, by hand', () => {
  const scene = new Scene('reload');
  let user: TestUser;
  let sandbox: Sandbox;
  let workbench: Workbench;
  let folder: string;

  before(async () => {
    user = await scene.user('nopasswd');
    sandbox = await scene.sandbox({ name: NAME, types: ['net', 'uts', 'pid', 'mnt'] });
    folder = join(user.home, 'project');
    writeFileSync(join(user.home, '.bashrc'), RC);
    const settings = { 'terminal.integrated.enablePersistentSessions': true };
    workbench = await scene.editor({ user, settings });
    await workbench.openView('Namespaces');
    // What else comes and goes on this machine would redraw the view under the mouse.
    await workbench.runCommand('Namespaces: Filter Containers…');
    await workbench.answer(NAME);
  });

  /** What started inside so far, as pid and network: VS Code reads the user's start-up files out here too. */
  const started = (file: string): string[] => {
    const text = existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '';
    const inside = readlinkSync(`/proc/${sandbox.pid}/ns/net`);
    return text.split('\n').filter((line) => line.endsWith(inside));
  };
  /** A browser's workbench may have forgotten that the panel was open; a command that shows terminals would add one. */
  const lookAtTerminals = async (): Promise<void> => {
    await workbench.runCommand('Problems: Focus on Problems View');
    await workbench.page.locator('.part.panel .action-label[aria-label^="Terminal"]').first().click();
  };

  /** One of the terminals, which come back one by one; a look at them before that adds a plain one. */
  const show = (pattern: RegExp): Promise<boolean> =>
    waitFor(`a terminal with ${String(pattern)}`, async () => {
      if (pattern.test(await workbench.terminalText())) return true;
      await workbench.runCommand('Terminal: Focus Next Terminal Group');
      return false;
    });

  it('keeps its terminals: the same shells with their variables, in the same namespaces', async () => {
    await workbench.contextMenu(NAME, 'Open Terminal in Network Namespace');
    await workbench.waitForTerminal(PROMPT);
    await workbench.type('mark=network; echo "set $mark"\n');
    await workbench.waitForTerminal(/^set network$/m);
    await workbench.contextMenu(NAME, 'Open Terminal in Container');
    await workbench.pick('Open terminal');
    await workbench.waitForTerminal(/(?<!^set network[^]*)[$#]$/m);
    await workbench.type('mark=container; echo "set $mark $$"\n');
    const [, inside = ''] = /^set \w+ (\d+)$/m.exec(await workbench.waitForTerminal(/^set container \d+$/m)) ?? [];
    const shells = started('shells.txt');
    assert.equal(shells.length, 1);
    // VS Code writes down which terminals there are half a second after the last one came, and nothing shows when it has.
    await sleep(1_000);
    await workbench.reload();
    await lookAtTerminals();
    const uts = readlinkSync(`/proc/${sandbox.pid}/ns/uts`);
    await show(/^set container/m);
    await workbench.type('echo "$mark $$ $(readlink /proc/self/ns/uts)"\n');
    await workbench.waitForTerminal(new RegExp(`^container ${inside} ${escaped(uts)}$`, 'm'));
    await workbench.screenshot('reload a terminal in a container');
    await show(/^set network$/m);
    await workbench.type('echo "$mark $$ $(readlink /proc/self/ns/net)"\n');
    await workbench.waitForTerminal(new RegExp(`^network ${escaped(shells[0] ?? '')}$`, 'm'));
    assert.deepEqual(started('shells.txt'), shells);
  });

  it('enters nothing where VS Code starts a terminal of an earlier session again, and says so', async () => {
    const shells = started('shells.txt');
    // The folder of this user's editor, and in it a folder of an extension host that is gone.
    const dir = readdirSync('/tmp')
      .filter((name) => name.startsWith('lns-'))
      .map((name) => join('/tmp', name))
      .find((path) => statSync(path, { throwIfNoEntry: false })?.uid === user.uid);
    assert.ok(dir !== undefined, 'the editor has no folder');
    const installed = readdirSync(join(dir, 'e')).find((name) => name.startsWith('linux-namespaces.'));
    const launcher = join(dir, 'e', installed ?? '', 'dist/launcher.js');
    const args = [launcher, join(dir, 'linux-namespaces-1-abcdef/s'), 'en', '--key', 'of-earlier'];
    await storeRevived(workbench.page, { executable: process.execPath, args, cwd: folder, env: user.env });
    await workbench.page.locator('.monaco-workbench .part.activitybar').waitFor({ timeout: 60_000 });
    await lookAtTerminals();
    const text = await workbench.waitForTerminal(/any key to close this terminal\.$/);
    assert.match(text, /^Namespaces: this terminal was opened in an earlier session; open it again/m);
    assert.match(text, /^what was shown before$/m, 'it is not the terminal that was brought back');
    await workbench.screenshot('reload a terminal of an earlier session');
    await workbench.type('x');
    await workbench.page.locator('.terminal-wrapper.active').waitFor({ state: 'detached' });
    assert.deepEqual(started('shells.txt'), shells);
  });
});

const escaped = (text: string): string => text.replaceAll(/[[\]]/g, '\\$&');
