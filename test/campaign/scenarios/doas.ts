// A machine that has doas in sudo's place.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, run } from '../../support/run';
import { PROMPT } from '../../support/workbench';
import { type Editor, LOCKED, READ } from '../editor';
import type { Scenario } from '../scenario';
import type { Stage } from '../stage';
import { onMachine, ownIsEntered } from './onMachine';

export function doasOnly(stage: Stage): Scenario {
  return {
    name: 'there is doas and no sudo',
    holds:
      'named in the settings, doas asks for the password and opens a terminal as the user, and unlock says which rule it needs; with that rule both work, and lock ends the scan; the user’s own sandbox is entered',
    async run() {
      const scratch = mkdtempSync('/tmp/lns-doas-');
      stage.marks.add(scratch);
      const rules = join(scratch, 'rules');
      try {
        await unpackDoas(join(stage.artifacts, 'doas'), scratch);
        // Written to later: what lies below an overlay must not change while it is mounted.
        for (const file of [rules, join(scratch, 'etc/doas.conf')]) writeFileSync(file, '');
        const machine = `
          mkdir "$1/programs"
          mknod "$1/programs/sudo" c 0 0
          cp -p ${scratch}/usr/bin/doas "$1/programs/doas"
          mount -t overlay overlay -o "lowerdir=$1/programs:/usr/bin" /usr/bin
          mount -t overlay overlay -o "lowerdir=${scratch}/etc:/etc" /etc
          mount --bind ${rules} /etc/doas.conf
        `;
        const settings = { 'namespaces.sudo.path': 'doas' };
        await onMachine(stage, 'doas', { sudo: 'none', machine, settings }, async (editor, { roots, own }) => {
          const { workbench, user } = editor;
          await editor.showOnly(roots);
          writeFileSync(rules, `permit ${user.name}\n`);
          await editor.openInNetwork(roots);
          await workbench.waitForTerminal(/doas \(.*password:/);
          await workbench.type(`${user.password}\n`);
          await isTheUsers(editor);
          await workbench.runCommand('Namespaces: Unlock');
          await editor.waitForNotification(/doas.*nopass/);
          await editor.tidy();
          writeFileSync(rules, `permit nopass ${user.name}\n`);
          await workbench.runCommand('Namespaces: Unlock');
          await workbench.row(READ);
          await editor.openInNetwork(roots);
          await isTheUsers(editor);
          await editor.lock();
          await workbench.row(LOCKED);
          await ownIsEntered(editor, own);
        });
        return undefined;
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  };
}

/** The terminal in front, in a network that has nothing but its loopback. */
async function isTheUsers(editor: Editor): Promise<void> {
  const { workbench, user } = editor;
  await workbench.waitForTerminal(PROMPT);
  await workbench.type('id -un; ip -brief link | wc -l\n');
  await workbench.waitForTerminal(new RegExp(`^${user.name}\n1$`, 'm'));
  await editor.tidy();
}

/** Unpacked, not installed: the machine keeps its sudo, and nobody else shall find a doas. Fetched once in a campaign. */
async function unpackDoas(kept: string, folder: string): Promise<void> {
  mkdirSync(kept, { recursive: true });
  const archive = (): string | undefined => readdirSync(kept).find((name) => name.endsWith('.deb'));
  const download = ['download', 'opendoas'];
  if (archive() === undefined && (await capture('apt-get', download, { cwd: kept })).code !== 0) {
    await run('apt-get', ['-q', 'update'], { timeoutMs: 120_000 });
    await run('apt-get', download, { cwd: kept });
  }
  await run('dpkg-deb', ['--extract', join(kept, archive() ?? ''), folder]);
}
