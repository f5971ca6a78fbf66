// Opens an editor of a campaign's own: the packed extension in code-server as a throw-away user, in a browser. It may see another
// machine than there is: a program made of mounts that is run first, as root, in a mount namespace of its own.
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installVsix, pinnedCodeServer, prepareEditor, startCodeServer } from '../../scripts/lib/codeServer.mjs';
import { launchBrowser, openPage } from '../support/browser';
import type { TestUser } from '../support/users';
import { Workbench } from '../support/workbench';
import { Editor } from './editor';
import type { Stage } from './stage';

export interface EditorOptions {
  readonly name: string;
  readonly user: TestUser;
  readonly tasks?: readonly object[];
  readonly settings?: Record<string, unknown>;
  /** Lines for sh(1), run as root before the editor; $1 is the editor's folder. */
  readonly machine?: string;
  /** In a pid namespace of its own too. */
  readonly ownPids?: boolean;
  /** Without the extension. */
  readonly bare?: boolean;
}

export async function openEditor(stage: Stage, options: EditorOptions): Promise<Editor> {
  const { user, tasks = [], settings = {}, machine = '', ownPids = false, bare = false, name } = options;
  const dir = mkdtempSync('/tmp/lns-');
  stage.marks.add(`${dir}/`);
  const undo: (() => unknown)[] = [];
  const end = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const artifacts = join(stage.artifacts, name);
    mkdirSync(artifacts, { recursive: true });
    const all = {
      'terminal.integrated.gpuAcceleration': 'off',
      'workbench.tree.enableStickyScroll': false,
      'namespaces.docker.host': `unix://${stage.docker.socket}`,
      ...settings,
    };
    const folders = await prepareEditor(dir, { user: user.name, settings: all });
    chownSync(dir, user.uid, user.gid);
    for (const folder of ['t', 'r']) makeOwn(user, join(dir, folder));
    // Started as root below, code-server's own settings would be root's; it keeps the owner of a file that is there.
    const config = join(dir, 'config.yaml');
    writeFileSync(config, '', { mode: 0o600 });
    chownSync(config, user.uid, user.gid);
    const vsix = join(dir, 'extension.vsix');
    copyFileSync(stage.vsix, vsix);
    chmodSync(vsix, 0o644);
    const command = pinnedCodeServer();
    const env = { ...user.env, TMPDIR: join(dir, 't'), XDG_RUNTIME_DIR: join(dir, 'r') };
    if (!bare) await installVsix(command, folders, vsix, { user: user.name, env });
    const namespaces = ['--mount', ...(ownPids ? ['--pid', '--fork', '--kill-child'] : [])];
    const identity = [`--reuid=${user.name}`, `--regid=${user.name}`, '--init-groups', '--pdeathsig=TERM'];
    const server = await startCodeServer({
      command: [
        ...['unshare', ...namespaces, '--', 'sh', '-ec', `${machine}\nshift; exec "$@"`, 'sh', dir],
        ...['setpriv', ...identity, '--', ...command],
      ],
      dir,
      env,
      settings: all,
    });
    undo.push(() => server.stop());
    const browser = await launchBrowser();
    undo.push(() => browser.close());
    const page = await openPage(browser, server);
    page.setDefaultTimeout(60_000);
    const workbench = new Workbench(page, artifacts, end, join(dir, 'e'));
    await workbench.hearMessages();
    await page.goto(`${server.url}/?folder=${encodeURIComponent(makeWorkspace(user, tasks))}`);
    await page.locator('.monaco-workbench .part.activitybar').waitFor({ timeout: 120_000 });
    const editor = new Editor(workbench, user, dir, end);
    if (bare) return editor;
    // By now its label may tell how many containers there are.
    await page.locator('.part.activitybar .action-item a.action-label[aria-label^="Namespaces"]').click();
    await page.locator('.part.sidebar .composite.title h2', { hasText: 'Namespaces' }).waitFor();
    // The extension is at work by then. In pids of its own there may be nothing to see.
    if (!ownPids) await page.locator('.part.sidebar .monaco-list-row').first().waitFor({ timeout: 120_000 });
    return editor;
  } catch (error) {
    await end();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
}

function makeWorkspace(user: TestUser, tasks: readonly object[]): string {
  const folder = join(user.home, 'project');
  makeOwn(user, folder);
  makeOwn(user, join(folder, '.vscode'));
  const file = join(folder, '.vscode/tasks.json');
  writeFileSync(file, JSON.stringify({ version: '2.0.0', tasks }));
  chownSync(file, user.uid, user.gid);
  return folder;
}

function makeOwn({ uid, gid }: TestUser, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, uid, gid);
}
