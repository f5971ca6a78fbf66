// Machines on which something is missing or in the way: no right to the engine, no sudo, a user who may not use it, doas in
// its place, a full disk, a /proc that hides. Each has an editor of its own, and a mount namespace in which that is so; each
// failure has to be explained where the person looks.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture, run, waitFor } from '../../support/run';
import { type Sandbox, startSandbox } from '../../support/sandbox';
import { makeUser, type SudoRule, type TestUser } from '../../support/users';
import { type Editor, type EditorOptions, openEditor } from '../editor';
import type { Lane, Scenario } from '../scenario';
import type { Stage } from '../stage';

const PROMPT = /[$#]$/;
const LOCKED = /^\s*net\s*locked/;
const READ = /^\s*net\s*net:\[\d+/;
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
      scenarios: [noGroup, noSudo, notInSudoers, doasOnly, diskFull, hidden].map((make) => make(stage)),
      independent: true,
      capture: async () => Promise.resolve(),
      close: () => Promise.resolve([]),
    });
  },
};

interface Machine extends Omit<EditorOptions, 'name' | 'user'> {
  readonly sudo: SudoRule;
}

/** An editor on such a machine, with one sandbox of root's and one of the user's own; all gone afterwards. */
async function onMachine(
  stage: Stage,
  name: string,
  { sudo, ...machine }: Machine,
  act: (editor: Editor, names: { roots: string; own: string }) => Promise<void>,
): Promise<undefined> {
  const undo: (() => unknown)[] = [];
  try {
    const user = await makeUser(sudo);
    undo.push(() => user.remove());
    stage.marks.add(user.name);
    const names = { roots: `roots-${name}-${stage.tag}`, own: `own-${name}-${stage.tag}` };
    if (machine.ownPids !== true) {
      for (const options of [
        { name: names.roots, types: ['net', 'uts'] },
        { name: names.own, types: ['user', 'net'], uid: user.uid },
      ] as const) {
        const box = await startSandbox(options);
        undo.push(() => box.stop());
      }
    }
    const editor = await openEditor(stage, { name: 'lesser', user, ...machine });
    let closed = false;
    const close = async (): Promise<string[]> => {
      if (closed) return [];
      closed = true;
      return editor.close();
    };
    undo.push(close);
    await act(editor, names).catch(async (error: unknown) => {
      await editor.workbench.screenshot(name).catch(() => undefined);
      throw error;
    });
    assert.deepEqual(await close(), [], 'left behind');
  } finally {
    for (const step of undo.reverse()) await step();
  }
  return undefined;
}

/** A sandbox of one's own needs nobody's leave, whatever is missing. */
async function ownIsEntered(editor: Editor, name: string): Promise<void> {
  const { workbench, user } = editor;
  await editor.showOnly(name);
  await editor.openInNetwork(name);
  await workbench.waitForTerminal(PROMPT);
  await workbench.type('cat /proc/self/uid_map\n');
  await workbench.waitForTerminal(new RegExp(`^ +0 +${user.uid} +1$`, 'm'));
  await editor.tidy();
}

function noGroup(stage: Stage): Scenario {
  return {
    name: 'the user is not in the engine’s group',
    holds:
      'the view says so, shows the engine’s containers as far as /proc tells, and the user’s own sandbox is entered',
    run: () =>
      onMachine(stage, 'nogroup', { sudo: 'none' }, async (editor, { own }) => {
        await editor.waitForNote(/Docker at .*permission denied: your user may not use its socket/);
        await ownIsEntered(editor, own);
      }),
  };
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
        await editor.waitForNotification(/sudo did not let you in.*your user may not use sudo/);
        await editor.tidy();
        await workbench.runCommand('Namespaces: Unlock');
        await editor.answerPassword(user.password);
        await editor.waitForNotification(/Nothing was unlocked:.*allowed to run commands as root/);
        await editor.tidy();
        await ownIsEntered(editor, own);
      }),
  };
}

function doasOnly(stage: Stage): Scenario {
  return {
    name: 'there is doas and no sudo',
    holds: 'named in the settings, doas opens a terminal as the user; unlock works by it, or says why not',
    async run() {
      const scratch = mkdtempSync('/tmp/lns-doas-');
      stage.marks.add(scratch);
      try {
        await unpackDoas(scratch);
        const machine = `
          mkdir "$1/programs"
          mknod "$1/programs/sudo" c 0 0
          cp -p ${scratch}/usr/bin/doas "$1/programs/doas"
          echo "permit $(stat -c %U "$1")" > ${scratch}/etc/doas.conf
          mount -t overlay overlay -o "lowerdir=$1/programs:/usr/bin" /usr/bin
          mount -t overlay overlay -o "lowerdir=${scratch}/etc:/etc" /etc
        `;
        const settings = { 'namespaces.sudo.path': 'doas' };
        await onMachine(stage, 'doas', { sudo: 'none', machine, settings }, async (editor, { roots, own }) => {
          await doasOpens(editor, roots);
          await editor.workbench.runCommand('Namespaces: Unlock');
          await editor.waitForNotification(/doas.*(?:terminal|persist|nopass)/);
          await editor.tidy();
          await ownIsEntered(editor, own);
        });
        return;
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  };
}

async function doasOpens(editor: Editor, name: string): Promise<void> {
  const { workbench, user } = editor;
  await editor.showOnly(name);
  await editor.openInNetwork(name);
  await workbench.waitForTerminal(/doas \(.*password:/);
  await workbench.type(`${user.password}\n`);
  await workbench.waitForTerminal(PROMPT);
  await workbench.type('id -un; ip -brief link | wc -l\n');
  await workbench.waitForTerminal(new RegExp(`^${user.name}\n1$`, 'm'));
  await editor.tidy();
}

/** Unpacked, not installed: the machine keeps its sudo, and nobody else shall find a doas. */
async function unpackDoas(folder: string): Promise<void> {
  const fetched = await capture('apt-get', ['download', 'opendoas'], { cwd: folder });
  if (fetched.code !== 0) {
    await run('apt-get', ['-q', 'update'], { timeoutMs: 120_000 });
    await run('apt-get', ['download', 'opendoas'], { cwd: folder });
  }
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  await run('dpkg-deb', ['--extract', join(folder, archive), folder]);
}

function diskFull(stage: Stage): Scenario {
  return {
    name: 'the disk of the temporary files is full',
    holds: 'terminal and unlock say so, and not something else; with room again both work',
    run: () => {
      const machine = 'mount -t tmpfs -o "size=1m,mode=700,uid=$(stat -c %u "$1"),gid=$(stat -c %g "$1")" tmpfs "$1/r"';
      return onMachine(stage, 'diskfull', { sudo: 'password', machine }, async (editor, { roots }) => {
        const { workbench, user } = editor;
        await editor.showOnly(roots);
        await workbench.row(LOCKED);
        const inside = `/proc/${editor.hosts()[0] ?? 0}/root${editor.dir}/r`;
        const fill = join(inside, 'fill');
        // It ends with an error of its own: that is what is wanted.
        await capture('dd', ['if=/dev/zero', `of=${fill}`, 'bs=4k', 'status=none']);
        await editor.openInNetwork(roots);
        assert.doesNotMatch(await editor.waitForNotification(/no space left/i), /sudo|password/);
        await editor.tidy();
        await workbench.runCommand('Namespaces: Unlock');
        await editor.waitForNotification(/no space left/i);
        await editor.tidy();
        rmSync(fill);
        await editor.openInNetwork(roots);
        await workbench.waitForTerminal(/password for/);
        await workbench.type(`${user.password}\n`);
        await workbench.waitForTerminal(PROMPT);
        await editor.tidy();
        await workbench.runCommand('Namespaces: Unlock');
        await editor.answerPassword(user.password);
        await workbench.row(READ);
        const folders = readdirSync(inside).filter((name) => name.startsWith('linux-namespaces-'));
        assert.ok(folders.length <= 1, `folders: ${folders.join(', ')}`);
      });
    },
  };
}

function hidden(stage: Stage): Scenario {
  return {
    name: '/proc is mounted with hidepid=2',
    holds: 'the user’s own sandbox is entered; others’ are not shown, Diagnose says why, and Unlock shows them',
    run: () => {
      const machine = 'mount -t proc -o hidepid=2 proc /proc';
      return onMachine(stage, 'hidden', { sudo: 'password', machine, ownPids: true }, async (editor, names) => {
        const { workbench, user } = editor;
        const [host = 0] = editor.hosts();
        const shares = { pid: host, types: ['pid', 'mnt'] } as const;
        const boxes: Sandbox[] = [];
        try {
          boxes.push(await startSandbox({ name: names.roots, types: ['net'], shares }));
          boxes.push(await ownSandbox(user, names.own, shares));
          await ownIsEntered(editor, names.own);
          await workbench.runCommand('Namespaces: Filter Containers…');
          await workbench.answer('roots-');
          await editor.waitForNote(/None of the containers has "roots-"/);
          await workbench.runCommand('Namespaces: Diagnose');
          await workbench.page
            .getByText(/hidepid/)
            .first()
            .waitFor();
          await workbench.runCommand('Namespaces: Unlock');
          await editor.answerPassword(user.password);
          await editor.showOnly(names.roots);
          await workbench.row(READ);
          await workbench.runCommand('Namespaces: Lock');
          await waitFor('the scan as root to end', () => editor.scans('root').length === 0, 30_000);
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
