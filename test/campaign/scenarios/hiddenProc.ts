// A machine whose /proc shows nobody but oneself.
import { type Sandbox, startSandbox } from '../../support/sandbox';
import type { TestUser } from '../../support/users';
import { READ } from '../editor';
import type { Scenario } from '../scenario';
import type { Stage } from '../stage';
import { onMachine, ownIsEntered } from './onMachine';

export function hiddenProc(stage: Stage): Scenario {
  return {
    name: '/proc is mounted with hidepid=2',
    holds:
      'where nothing is left to see the view says what may be hidden; the user’s own sandbox is entered; others’ are not shown, Diagnose says why, and Unlock shows them',
    run: () => {
      // Named networks are there for everybody: without them the view is empty.
      const machine = `
        mount -t proc -o hidepid=2 proc /proc
        [ ! -d /run/netns ] || mount -t tmpfs tmpfs /run/netns
      `;
      return onMachine(stage, 'hidden', { sudo: 'password', machine, ownPids: true }, async (editor, names) => {
        const { workbench, user } = editor;
        await workbench.page.getByText('may be hidden from you').first().waitFor();
        const [host = 0] = editor.hosts();
        const shares = { pid: host, types: ['pid', 'mnt'] } as const;
        const boxes: Sandbox[] = [];
        try {
          boxes.push(await startSandbox({ name: names.roots, types: ['net'], shares }));
          boxes.push(await ownSandbox(user, names.own, shares));
          await ownIsEntered(editor, names.own);
          await editor.filter('roots-');
          await editor.waitForNote(/No container has "roots-"/);
          await workbench.runCommand('Namespaces: Diagnose');
          await workbench.page
            .getByText(/hidepid/)
            .first()
            .waitFor();
          await workbench.runCommand('Namespaces: Unlock');
          await editor.answerPassword(user.password);
          await editor.showOnly(names.roots);
          await workbench.row(READ);
          await editor.lock();
        } finally {
          for (const box of boxes) await box.stop();
        }
      });
    },
  };
}

/** nsenter needs root; what is made in there belongs to the user. */
function ownSandbox(
  user: TestUser,
  name: string,
  shares: { pid: number; types: readonly ['pid', 'mnt'] },
): Promise<Sandbox> {
  const become = ['setpriv', `--reuid=${user.name}`, `--regid=${user.name}`, '--init-groups', '--'];
  const command = [
    'unshare',
    '--user',
    '--map-root-user',
    '--net',
    '--',
    'bash',
    '-c',
    'exec -a "$1" sleep 1000000',
    'bash',
    name,
  ];
  return startSandbox({ name, types: [], shares, command: [...become, ...command] });
}
