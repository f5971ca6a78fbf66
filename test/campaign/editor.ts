// An editor of a campaign's own: the packed extension in code-server as a throw-away user, in a browser. It may see another
// machine than there is: a program made of mounts that is run first, as root, in a mount namespace of its own.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { installVsix, pinnedCodeServer, prepareEditor, startCodeServer } from '../../scripts/lib/codeServer.mjs';
import { launchBrowser, openPage } from '../support/browser';
import { isRunning, waitFor } from '../support/run';
import type { TestUser } from '../support/users';
import { Workbench } from '../support/workbench';
import { commandOf, leftProcesses, netOf, pids, uidOf } from './leftBehind';
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
}

export const OPEN_NETWORK = 'Open Terminal in Network Namespace';
/** What the extension names its private folders by: its own process. */
const PRIVATE_FOLDER = /^linux-namespaces-(\d+)-/;

export class Editor {
  constructor(
    readonly workbench: Workbench,
    readonly user: TestUser,
    /** Holds `t`, the temporary files, and `r`, XDG_RUNTIME_DIR. */
    readonly dir: string,
    private readonly end: () => Promise<void>,
  ) {}

  hosts(): number[] {
    return this.#processes(/--type=extensionHost/).filter((pid) => uidOf(pid) === this.user.uid);
  }

  scans(whose: 'user' | 'root'): number[] {
    const uid = whose === 'root' ? 0 : this.user.uid;
    return this.#processes(/^\S*node\S* .*helper\.js scan --watch/).filter((pid) => uidOf(pid) === uid);
  }

  /** The user's shells in a network namespace. */
  shellsIn(network: number): number[] {
    return pids().filter(
      (pid) => uidOf(pid) === this.user.uid && /^(?:\/bin\/)?bash/.test(commandOf(pid)) && netOf(pid) === network,
    );
  }

  /** Everything of this editor's that runs the helper or waits for sudo. */
  helpers(): number[] {
    return this.#processes(/helper\.js|launcher\.js|askpass/);
  }

  #processes(pattern: RegExp): number[] {
    return pids().filter((pid) => {
      const command = commandOf(pid);
      const ours = command.includes(`${this.dir}/`) || uidOf(pid) === this.user.uid;
      return ours && pattern.test(command) && isRunning(pid);
    });
  }

  /** Private folders of extension hosts that are gone, and files with an environment that nobody reads any more. */
  forgotten(): string[] {
    const folders = this.#privateFolders();
    const dead = folders.filter((name) => !isRunning(Number(PRIVATE_FOLDER.exec(name)?.[1])));
    const files = folders.flatMap((name) =>
      readdirSync(join(this.dir, 'r', name))
        .filter((file) => file !== 's')
        .map((file) => `${name}/${file}`),
    );
    return [...dead, ...files];
  }

  #privateFolders(): string[] {
    return ['r', 't'].flatMap((folder) =>
      readdirSync(join(this.dir, folder)).filter((name) => PRIVATE_FOLDER.test(name)),
    );
  }

  /** Leaves one container in the view, with its namespaces in sight. */
  async showOnly(name: string): Promise<void> {
    await this.workbench.runCommand('Namespaces: Filter Containers…');
    await this.workbench.answer(name);
    await this.workbench.expand(name);
  }

  /**
   * By the row's button. VS Code knows no row in the moment in which it draws it anew: a click then says nothing of a row, and
   * so it is asked for a container, which one answers. Ends when `has` come what ought to; by default anything to read.
   */
  async openInNetwork(name: string, has?: () => boolean): Promise<void> {
    const question = this.workbench.page.locator('.quick-input-widget:visible .quick-input-title', {
      hasText: OPEN_NETWORK,
    });
    const isToRead = async (): Promise<boolean> =>
      (await this.workbench.terminalText()) !== '' || (await this.notifications()) !== '';
    await this.workbench.clickInline(name, OPEN_NETWORK);
    await waitFor(
      `a terminal in the network of ${name}`,
      async () => {
        if (await question.isVisible()) await this.workbench.answer(name);
        return has ? has() : isToRead();
      },
      60_000,
    );
  }

  /**
   * VS Code takes the command and does nothing, without a word, until it has connected to its terminals
   * (`_runTaskCommand` in its abstractTaskService.ts): one asks again.
   */
  async runTask(label: string): Promise<void> {
    const listed = this.workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
    await waitFor(
      'the list of tasks',
      async () => {
        await this.workbench.runCommand('Tasks: Run Task');
        return listed.waitFor({ timeout: 10_000 }).then(
          () => true,
          () => false,
        );
      },
      120_000,
    );
    await this.workbench.pick(label);
  }

  /** Text of the notifications that are shown. */
  async notifications(): Promise<string> {
    const texts = await this.workbench.page.locator('.notifications-toasts .notification-list-item').allInnerTexts();
    return texts.join('\n').replaceAll('\u00a0', ' ');
  }

  async waitForNotification(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
    let text = '';
    try {
      return await waitFor(
        `${String(pattern)} in a notification`,
        async () => {
          text = await this.notifications();
          return pattern.test(text) ? text : null;
        },
        timeoutMs,
      );
    } catch (error) {
      throw new Error(`no notification ever said ${String(pattern)}; shown:\n${text}`, { cause: error });
    }
  }

  /** What the view says above its rows. */
  async waitForNote(pattern: RegExp): Promise<string> {
    const note = this.workbench.page.locator('.part.sidebar .pane-body .message');
    let text = '';
    try {
      return await waitFor(
        `${String(pattern)} above the rows`,
        async () => {
          text = (await note.allInnerTexts()).join('\n');
          return pattern.test(text) ? text : null;
        },
        60_000,
      );
    } catch (error) {
      throw new Error(`the view never said ${String(pattern)}; it says:\n${text}`, { cause: error });
    }
  }

  /** Answers the question for a password, which stays where the answer before was wrong. */
  async answerPassword(password: string): Promise<void> {
    const input = this.workbench.page.locator('.quick-input-widget:visible input[type="password"]');
    await waitFor(
      'an empty box for a password',
      async () => (await input.isVisible()) && (await input.inputValue()) === '',
      60_000,
    );
    await input.fill(password);
    await input.press('Enter');
  }

  async tidy(): Promise<void> {
    // Never into a terminal: a bash that waits for what comes after an Escape forgets a SIGHUP (readline 8.2), and stays.
    const question = this.workbench.page.locator('.quick-input-widget:visible');
    if (await question.isVisible()) await this.workbench.page.keyboard.press('Escape');
    await this.workbench.runCommand('Terminal: Kill All Terminals');
    await this.workbench.runCommand('Notifications: Clear All Notifications');
  }

  /** Ends it; resolves with what it forgot. */
  async close(): Promise<string[]> {
    await this.end();
    // All that it started has its folders in the environment, and what sudo started has them on the command line.
    const ofIt = new Set([`${this.dir}/`]);
    const isGone = (): boolean => leftProcesses(ofIt).length === 0;
    await waitFor('all of it to end', isGone, 30_000).catch(() => undefined);
    const left = leftProcesses(ofIt);
    // An end by force leaves the folder of the last extension host to the next one, but nothing secret in it.
    const forgotten = this.#privateFolders().flatMap((name) => {
      const folder = join(this.dir, 'r', name);
      return readdirSync(folder)
        .filter((file) => file !== 's')
        .map((file) => `${folder}/${file}`);
    });
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
    return [...left, ...forgotten];
  }
}

export async function openEditor(stage: Stage, options: EditorOptions): Promise<Editor> {
  const { user, tasks = [], settings = {}, machine = '', ownPids = false, name } = options;
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
    await installVsix(command, folders, vsix, { user: user.name, env });
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
    await page.goto(`${server.url}/?folder=${encodeURIComponent(makeWorkspace(user, tasks))}`);
    await page.locator('.monaco-workbench .part.activitybar').waitFor({ timeout: 120_000 });
    const editor = new Editor(new Workbench(page, artifacts, end), user, dir, end);
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
