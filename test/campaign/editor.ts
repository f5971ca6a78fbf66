// A person at a campaign's editor: what they do, what they see, and what of it runs on the machine. How the editor is started
// stands in openEditor.ts.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, waitFor } from '../support/run';
import type { TestUser } from '../support/users';
import { OPEN_NETWORK, type Workbench } from '../support/workbench';
import { commandOf, leftProcesses, netOf, pids, uidOf } from './leftBehind';

/** The row of a network that only root may see, and of one that may be read. */
export const LOCKED = /^\s*net\s*locked/;
export const READ = /^\s*net\s*net:\[\d+/;
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
    return this.#processes(/^\S*node\S* .*helper\.js =scan =--watch/).filter((pid) => uidOf(pid) === uid);
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

  /** Leaves those in the view that have these words. */
  async filter(words: string): Promise<void> {
    await this.workbench.runCommand('Namespaces: Filter Containers…');
    await this.workbench.answer(words);
  }

  /** Leaves one container in the view, with its namespaces in sight. */
  async showOnly(name: string): Promise<void> {
    await this.filter(name);
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

  /** The rows of the view that are in sight. */
  rows(): Promise<string[]> {
    return this.workbench.page
      .locator('.part.sidebar .monaco-list')
      .first()
      .locator('.monaco-list-row')
      .allInnerTexts();
  }

  /** What the view says above its rows. */
  async note(): Promise<string> {
    const texts = await this.workbench.page.locator('.part.sidebar .pane-body .message').allInnerTexts();
    return texts.join('\n');
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

  async waitForNote(pattern: RegExp): Promise<string> {
    let text = '';
    try {
      return await waitFor(
        `${String(pattern)} above the rows`,
        async () => {
          text = await this.note();
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

  async lock(): Promise<void> {
    await this.workbench.runCommand('Namespaces: Lock');
    await waitFor('the scan as root to end', () => this.scans('root').length === 0, 30_000);
  }

  async tidy(): Promise<void> {
    // Never into a terminal: a bash that waits for what comes after an Escape forgets a SIGHUP (readline 8.2), and stays.
    const question = this.workbench.page.locator('.quick-input-widget:visible');
    if (await question.isVisible()) await this.workbench.page.keyboard.press('Escape');
    const terminals = this.workbench.page.locator('.terminal-wrapper');
    await waitFor(
      'the terminals to be gone',
      async () => {
        // One that was just opening may be left by the command.
        await this.workbench.runCommand('Terminal: Kill All Terminals');
        const areGone = waitFor('them', async () => (await terminals.count()) === 0, 5_000);
        return areGone.then(
          () => true,
          () => false,
        );
      },
      60_000,
    );
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
