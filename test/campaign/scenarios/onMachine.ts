// What the scenarios on lesser machines share: an editor on such a machine, with something to enter, all gone afterwards.
import assert from 'node:assert/strict';
import { type SandboxOptions, startSandbox } from '../../support/sandbox';
import { makeUser, type SudoRule } from '../../support/users';
import { PROMPT } from '../../support/workbench';
import { type Editor } from '../editor';
import { type EditorOptions, openEditor } from '../openEditor';
import { type Step, takeAway } from '../scenario';
import type { Stage } from '../stage';

interface Machine extends Omit<EditorOptions, 'name' | 'user'> {
  readonly sudo: SudoRule;
}

/** An editor on such a machine, with one sandbox of root's and one of the user's own; all gone afterwards. */
export async function onMachine(
  stage: Stage,
  name: string,
  { sudo, ...machine }: Machine,
  act: (editor: Editor, names: { roots: string; own: string }) => Promise<void>,
): Promise<undefined> {
  const undo: Step[] = [];
  let left: string[] = [];
  try {
    const user = await makeUser(sudo);
    undo.push(() => user.remove());
    stage.marks.add(user.name);
    const names = { roots: `roots-${name}-${stage.tag}`, own: `own-${name}-${stage.tag}` };
    if (machine.ownPids !== true) {
      const sandboxes: SandboxOptions[] = [
        { name: names.roots, types: ['net', 'uts'] },
        { name: names.own, types: ['user', 'net'], user },
      ];
      for (const options of sandboxes) {
        const box = await startSandbox(options);
        undo.push(() => box.stop());
      }
    }
    const editor = await openEditor(stage, { name: 'lesser', user, ...machine });
    undo.push(() => editor.close());
    await act(editor, names).catch(async (error: unknown) => {
      await editor.workbench.screenshot(name).catch(() => undefined);
      throw error;
    });
  } finally {
    left = await takeAway(undo);
  }
  assert.deepEqual(left, [], 'left behind');
  return undefined;
}

/** A sandbox of one's own needs nobody's leave, whatever is missing. */
export async function ownIsEntered(editor: Editor, name: string): Promise<void> {
  const { workbench, user } = editor;
  await editor.showOnly(name);
  await editor.openInNetwork(name);
  await workbench.waitForTerminal(PROMPT);
  await workbench.type('cat /proc/self/uid_map\n');
  await workbench.waitForTerminal(new RegExp(`^ +0 +${user.uid} +1$`, 'm'));
  await editor.tidy();
}
