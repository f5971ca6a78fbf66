// A machine that has doas in sudo's place.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture, run } from '../../support/run';
import { type Editor, PROMPT } from '../editor';
import type { Scenario } from '../scenario';
import type { Stage } from '../stage';
import { onMachine, ownIsEntered } from './onMachine';

export function doasOnly(stage: Stage): Scenario {
  return {
    name: 'there is doas and no sudo',
    holds: 'named in the settings, doas opens a terminal as the user; unlock works by it, or says why not',
    async run() {
      const scratch = mkdtempSync('/tmp/lns-doas-');
      stage.marks.add(scratch);
      try {
        await unpackDoas(join(stage.artifacts, 'doas'), scratch);
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
