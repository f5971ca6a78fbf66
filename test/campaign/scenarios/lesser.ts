// Machines on which something is missing or in the way: no right to the engine, no sudo, a user who may not use it, doas in
// its place, a full disk, a /proc that hides. Each has an editor of its own, and a mount namespace in which that is so; each
// failure has to be explained where the person looks.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../../support/run';
import { PROMPT } from '../../support/workbench';
import { type Editor, LOCKED, READ } from '../editor';
import type { Lane, Scenario } from '../scenario';
import type { Stage } from '../stage';
import { doasOnly } from './doas';
import { hiddenProc } from './hiddenProc';
import { onMachine, ownIsEntered } from './onMachine';

/** A whiteout (overlayfs): as if there were no such file. */
const NO_SUDO = `
  mkdir "$1/programs"
  mknod "$1/programs/sudo" c 0 0
  mount -t overlay overlay -o "lowerdir=$1/programs:/usr/bin" /usr/bin
`;

export const lesserLane: Lane = {
  name: 'lesser machines',
  open(stage) {
    return Promise.resolve({
      scenarios: [noGroup, noSudo, notInSudoers, doasOnly, diskFull, hiddenProc].map((make) => make(stage)),
      independent: true,
      capture: () => Promise.resolve(),
      close: () => Promise.resolve([]),
    });
  },
};

function noGroup(stage: Stage): Scenario {
  return {
    name: 'the user is not in the engine’s group',
    holds:
      'the view says so, shows the engine’s containers as far as /proc tells, and the user’s own sandbox is entered',
    run: () =>
      onMachine(stage, 'nogroup', { sudo: 'none' }, async (editor, { own }) => {
        await editor.waitForNote(/Docker at .*permission denied: you are not allowed to use its socket/);
        await stage.turn(() => containerIsShown(stage, editor));
        await ownIsEntered(editor, own);
      }),
  };
}

/** By its id, since only the engine knows its name; and locked, since it is root's. */
async function containerIsShown({ docker, marks, tag }: Stage, editor: Editor): Promise<void> {
  const name = `unnamed-${tag}`;
  const id = await docker.run(name, { args: ['--network', 'none'] });
  marks.add(id);
  try {
    await editor.showOnly(id.slice(0, 12));
    await editor.workbench.row(LOCKED);
    assert.doesNotMatch((await editor.rows()).join('\n'), new RegExp(name));
  } finally {
    await docker.cli('rm', '--force', name);
  }
}

function noSudo(stage: Stage): Scenario {
  return {
    name: 'there is no sudo',
    holds: 'terminal and unlock say that it is not installed; the user’s own sandbox is entered',
    run: () =>
      onMachine(stage, 'nosudo', { sudo: 'none', machine: NO_SUDO }, async (editor, { roots, own }) => {
        const { workbench } = editor;
        await editor.showOnly(roots);
        await editor.openInNetwork(roots);
        await editor.waitForNotification(/sudo is not installed, or not on your PATH/);
        await editor.tidy();
        await workbench.runCommand('Namespaces: Unlock');
        await editor.waitForNotification(/sudo is not installed, or not on your PATH.*namespaces\.sudo\.path/);
        await editor.tidy();
        await ownIsEntered(editor, own);
      }),
  };
}

function notInSudoers(stage: Stage): Scenario {
  return {
    name: 'the user is not in sudoers',
    holds: 'terminal and unlock say that sudo did not let them; the user’s own sandbox is entered',
    run: () =>
      onMachine(stage, 'nosudoers', { sudo: 'none' }, async (editor, { roots, own }) => {
        const { workbench, user } = editor;
        await editor.showOnly(roots);
        await editor.openInNetwork(roots);
        await workbench.waitForTerminal(/password for/);
        await workbench.type(`${user.password}\n`);
        await editor.waitForNotification(/sudo did not let you in.*you are not allowed to use sudo/);
        await editor.tidy();
        await workbench.runCommand('Namespaces: Unlock');
        await editor.answerPassword(user.password);
        await editor.waitForNotification(/Nothing was unlocked:.*allowed to run commands as root/);
        await editor.tidy();
        await ownIsEntered(editor, own);
      }),
  };
}

function diskFull(stage: Stage): Scenario {
  return {
    name: 'the disk of the temporary files is full',
    holds: 'terminal and unlock say so, and not something else; with room again both work',
    run: () => {
      const owner = 'uid=$(stat -c %u "$1"),gid=$(stat -c %g "$1")';
      const machine = `mount -t tmpfs -o "size=1m,nr_inodes=100,mode=700,${owner}" tmpfs "$1/r"`;
      return onMachine(stage, 'diskfull', { sudo: 'password', machine }, async (editor, { roots }) => {
        const { workbench, user } = editor;
        await editor.showOnly(roots);
        await workbench.row(LOCKED);
        const inside = `/proc/${editor.hosts()[0] ?? 0}/root${editor.dir}/r`;
        const folders = (): string[] => readdirSync(inside).filter((name) => name.startsWith('linux-namespaces-'));
        // Not even the folder can be made in which a terminal would ask; then that, but nothing in it.
        assert.deepEqual(folders(), [], 'folders before the first terminal');
        for (const [fill, said] of [
          [withFiles, /Nothing can be started: .*no space left/i],
          [withBytes, /no space left/i],
        ] as const) {
          const full = join(inside, 'full');
          mkdirSync(full);
          await fill(full);
          await editor.openInNetwork(roots);
          assert.doesNotMatch(await editor.waitForNotification(said), /sudo|password/);
          await editor.tidy();
          await workbench.runCommand('Namespaces: Unlock');
          await editor.waitForNotification(/Nothing was unlocked: .*no space left/i);
          await editor.tidy();
          rmSync(full, { recursive: true });
        }
        await editor.openInNetwork(roots);
        await workbench.waitForTerminal(/password for/);
        await workbench.type(`${user.password}\n`);
        await workbench.waitForTerminal(PROMPT);
        await editor.tidy();
        await workbench.runCommand('Namespaces: Unlock');
        await editor.answerPassword(user.password);
        await workbench.row(READ);
        assert.ok(folders().length <= 1, `folders: ${folders().join(', ')}`);
      });
    },
  };
}

/** A folder takes none of a disk's bytes, but one of its inodes. */
function withFiles(folder: string): void {
  try {
    for (let count = 0; ; count++) writeFileSync(join(folder, String(count)), '');
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  }
}

async function withBytes(folder: string): Promise<void> {
  const { stderr } = await capture('dd', ['if=/dev/zero', `of=${join(folder, 'bytes')}`, 'bs=4k', 'status=none']);
  assert.match(stderr, /No space left/);
}
