// Somebody whose sudo asks for a password, and forgets it after three seconds: unlock and lock, the ticket expiring in
// between, and a view that shows just what there is while all else changes.
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../support/run';
import { startSandbox } from '../../support/sandbox';
import { makeUser, TICKET_SECONDS } from '../../support/users';
import { OPEN_NETWORK, PROMPT } from '../../support/workbench';
import { type Editor, LOCKED, READ } from '../editor';
import { openEditor } from '../openEditor';
import { type Lane, openStepByStep, type Scenario } from '../scenario';
import type { Stage } from '../stage';
import { weight } from './weight';

export const unlockLane: Lane = {
  name: 'unlock',
  open: (stage) =>
    openStepByStep(async (undo) => {
      const user = await makeUser('forgets');
      undo(() => user.remove());
      stage.marks.add(user.name);
      const box = await startSandbox({ name: `locked-${stage.tag}`, types: ['net', 'pid', 'mnt'] });
      undo(() => box.stop());
      const editor = await openEditor(stage, { name: 'unlock', user });
      undo(() => editor.close());
      return {
        scenarios: [
          unlockAndLock(editor, stage),
          ticketExpires(editor, stage),
          shownAsItIs(editor, stage),
          weight(editor),
        ],
        capture: (scenario) => editor.workbench.screenshot(scenario),
      };
    }),
};

async function unlocked(editor: Editor): Promise<void> {
  await editor.workbench.runCommand('Namespaces: Unlock');
  await editor.answerPassword(editor.user.password);
  await editor.workbench.row(READ);
}

async function locked(editor: Editor): Promise<void> {
  await editor.lock();
  await editor.workbench.row(LOCKED);
}

function unlockAndLock(editor: Editor, stage: Stage): Scenario {
  return {
    name: 'unlocked and locked again, once with a wrong password and once declined',
    holds: 'rows are locked, read and locked again; a wrong password is asked for again; the scan as root ends with it',
    async run() {
      const { workbench, user } = editor;
      await editor.showOnly(`locked-${stage.tag}`);
      await workbench.row(LOCKED);
      await workbench.runCommand('Namespaces: Unlock');
      await editor.answerPassword('not the password');
      await editor.answerPassword(user.password);
      await workbench.row(READ);
      await locked(editor);
      await sleep(TICKET_SECONDS * 1000 + 500);
      await workbench.runCommand('Namespaces: Unlock');
      await workbench.page.locator('.quick-input-widget:visible input[type="password"]').press('Escape');
      await waitFor(
        'sudo to end',
        () => editor.scans('root').length === 0 && !editor.helpers().some((pid) => !editor.scans('user').includes(pid)),
        30_000,
      );
      await workbench.row(LOCKED);
      // sudo's end is what it waits for before it removes them.
      await waitFor('its files for the password to be gone', () => editor.forgotten().length === 0, 30_000);
      return undefined;
    },
  };
}

function ticketExpires(editor: Editor, stage: Stage): Scenario {
  return {
    name: 'the sudo ticket expires while it is unlocked and a terminal is open',
    holds: 'the unlocked view follows on; the terminal stays; the next terminal and the next unlock ask again',
    async run() {
      const { workbench, user } = editor;
      const name = `locked-${stage.tag}`;
      await editor.showOnly(name);
      await unlocked(editor);
      await workbench.contextMenu(name, OPEN_NETWORK);
      await workbench.waitForTerminal(/password for/);
      await workbench.type(`${user.password}\n`);
      await workbench.waitForTerminal(PROMPT);
      await sleep(TICKET_SECONDS * 1000 + 500);
      const late = await startSandbox({ name: `late-${stage.tag}`, types: ['net'] });
      try {
        await editor.showOnly(`late-${stage.tag}`);
        await workbench.row(READ);
      } finally {
        await late.stop();
      }
      await workbench.type('echo still-$((1 + 1))\n');
      await workbench.waitForTerminal(/still-2/);
      await editor.showOnly(name);
      await workbench.contextMenu(name, OPEN_NETWORK);
      await workbench.waitForTerminal(/password for/);
      await workbench.type('\x03');
      await editor.tidy();
      await locked(editor);
      await unlocked(editor);
      await locked(editor);
      return undefined;
    },
  };
}

/** Nothing may change while the two are compared. */
function shownAsItIs(editor: Editor, stage: Stage): Scenario {
  return {
    name: 'the view is compared with what runs',
    holds: 'after all the unrest it shows each sandbox that runs, once, and none that has ended',
    async run() {
      const { workbench } = editor;
      return stage.turn(async () => {
        const name = `shown-${stage.tag}`;
        const boxes = await Promise.all([1, 2, 3].map((at) => startSandbox({ name: `${name}-${at}`, types: ['net'] })));
        const rows = workbench.page
          .locator('.part.sidebar .monaco-list')
          .first()
          .locator('.monaco-list-row', { hasText: name });
        try {
          await editor.filter(name);
          await waitFor('three rows', async () => (await rows.count()) === 3, 60_000);
          await boxes[1]?.stop();
          await waitFor('two rows', async () => (await rows.count()) === 2, 60_000);
        } finally {
          for (const box of boxes) await box.stop();
        }
        await waitFor('no row', async () => (await rows.count()) === 0, 60_000);
        return undefined;
      });
    },
  };
}
