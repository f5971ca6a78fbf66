// What the view shows of an engine, for somebody who may talk to it: beside what the engine tells, and while it is away.
import type { Docker } from '../../support/docker';
import { waitFor } from '../../support/run';
import type { Editor } from '../editor';
import type { Scenario } from '../scenario';
import type { Stage } from '../stage';

export function engineAway(editor: Editor, stage: Stage, keeper: string): Scenario {
  return {
    name: 'the engine is away for a while',
    holds: 'the view says so; when it is back, the view shows its containers, and says no more of it',
    run: () =>
      stage.turn(async () => {
        await editor.filter(keeper);
        await stage.docker.restart('SIGTERM', () =>
          editor.waitForNote(/Docker at .*(?:no such socket|no engine listens)/),
        );
        await waitFor(
          'the keeper, and no word of the engine',
          async () => {
            const rows = (await editor.rows()).filter((row) => row.includes(keeper));
            return rows.length === 1 && !(await editor.note()).includes('Docker at');
          },
          90_000,
        );
        return undefined;
      }),
  };
}

/** Nothing may change while the two are compared. */
export function shownAsEngineTells(editor: Editor, stage: Stage): Scenario {
  return {
    name: 'the view is compared with the engine',
    holds:
      'after all the unrest it shows each container that runs or is paused, once, as what it is, and none that is gone',
    run: () =>
      stage.turn(async () => {
        const { docker, tag } = stage;
        const names = ['one', 'two'].map((which) => `seen-${which}-${tag}`);
        const [paused = ''] = names;
        for (const name of names) stage.marks.add(await docker.run(name, { args: ['--network', 'none'] }));
        try {
          await docker.cli('pause', paused);
          for (const words of ['seen-', `churn-${tag}-`]) await isAsTold(editor, docker, words);
        } finally {
          await docker.cli('rm', '--force', ...names);
        }
        await isAsTold(editor, docker, 'seen-');
        return undefined;
      }),
  };
}

/** Of those with these words in their names: what the view shows beside what the engine tells. */
async function isAsTold(editor: Editor, docker: Docker, words: string): Promise<void> {
  await editor.filter(words);
  const list = await docker.cli('ps', '--all', '--filter', `name=${words}`, '--format', '{{.Names}} {{.State}}');
  const told = list.split('\n').filter(Boolean);
  let shown: string[] = [];
  const isRight = async (): Promise<boolean> => {
    // The sandboxes among them are no containers of the engine's.
    shown = (await editor.rows()).filter((row) => row.includes(words) && !row.includes('sandbox'));
    const each = told.map((line) => {
      const [name = '', state = ''] = line.split(' ');
      const rows = shown.filter((row) => row.includes(name));
      if (state === 'running' || state === 'paused') {
        return rows.length === 1 && rows[0]?.includes('paused') === (state === 'paused');
      }
      return rows.length <= 1;
    });
    const isOfNone = (row: string): boolean => !told.some((line) => row.includes(line.split(' ')[0] ?? ''));
    return each.every(Boolean) && !shown.some(isOfNone);
  };
  await waitFor('the view to show what the engine tells', isRight, 60_000).catch((error: unknown) => {
    throw new Error(`${String(error)}: it tells ${told.join(', ')}; shown:\n${shown.join('\n')}`, { cause: error });
  });
}
