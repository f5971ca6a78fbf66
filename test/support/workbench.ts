// Drives VS Code's workbench as a person does: an editor with the packed extension installed, in a real browser. What is
// found on the screen is found by the words that a person reads there.
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { installVsix, pinnedCodeServer, prepareEditor, startCodeServer } from '../../scripts/lib/codeServer.mjs';
import type { CodeServer } from '../../scripts/lib/codeServer.mjs';
import { launchBrowser, openPage, type Screen } from './browser';
import { waitFor } from './run';
import type { TestUser } from './users';

/** A command's title, as rows and menus have it. */
export const OPEN_NETWORK = 'Open Terminal in Network Namespace';
/** Only the namespace rows start like this: type, then inode or lock. */
export const NET_ROW = /^\s*net(net:\[|locked)/;
/** A shell's, at the end of what a terminal shows. */
export const PROMPT = /[$#]$/;

export interface WorkbenchOptions {
  /** Whose editor it is. */
  user: TestUser;
  /** The extension to install. */
  vsix: string;
  /** The folder to open; none by default. */
  folder?: string | undefined;
  settings?: Record<string, unknown>;
  screen?: Screen;
  /** Display language, such as `zh-cn`; English by default. Only what extensions bring is translated. */
  language?: string;
  /** Where screenshots and logs go. */
  artifacts: string;
}

/** Installs the extension, starts the editor and opens it in a browser. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { user, vsix, folder, settings = {}, artifacts } = options;
  mkdirSync(artifacts, { recursive: true });
  const dir = mkdtempSync('/tmp/lns-');
  let server: CodeServer | undefined;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await server?.stop();
    // One that no browser came to has none.
    const logs = join(dir, 'u/logs');
    if (existsSync(logs)) cpSync(logs, join(artifacts, 'logs'), { recursive: true });
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const command = pinnedCodeServer();
    const env = { ...user.env, TMPDIR: dir, XDG_RUNTIME_DIR: dir };
    // The original may lie where this user may not go.
    const ownVsix = join(dir, 'extension.vsix');
    copyFileSync(vsix, ownVsix);
    chmodSync(ownVsix, 0o644);
    await installVsix(command, await prepareEditor(dir, { user: user.name }), ownVsix, { user: user.name, env });
    const { language } = options;
    if (language !== undefined) makeLanguagePack(join(dir, 'u'), language);
    server = await startCodeServer({
      command,
      flags: language === undefined ? [] : [`--locale=${language}`],
      dir,
      user: user.name,
      env,
      // Drawn by the GPU, the terminal's text is not on the page.
      settings: {
        'terminal.integrated.gpuAcceleration': 'off',
        // The rows that stay in sight while one scrolls cover others.
        'workbench.tree.enableStickyScroll': false,
        ...settings,
      },
    });
    browser = await launchBrowser();
    const page = await openPage(browser, server, options.screen);
    // Otherwise the workbench looks for a language pack in the marketplace before it loads any extension.
    if (language !== undefined)
      await page.addInitScript({
        content: `localStorage.setItem('vscode.nls.languagePackExtensionId', 'test.${language}')`,
      });
    const workbench = new Workbench(page, artifacts, close, join(dir, 'e'));
    await workbench.hearMessages();
    await page.goto(folder === undefined ? server.url : `${server.url}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench .part.activitybar').waitFor({ timeout: 60_000 });
    return workbench;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of the language packs that are installed: one without any translation of VS Code's own is enough for those of extensions. */
function makeLanguagePack(data: string, language: string): void {
  const texts = join(data, 'texts.json');
  writeFileSync(texts, JSON.stringify({ contents: {} }));
  const extensions = [{ extensionIdentifier: { id: `test.${language}` }, version: '1.0.0' }];
  const pack = { hash: 'empty', label: language, extensions, translations: { vscode: texts } };
  writeFileSync(join(data, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}

/** Older ones say it when one of their keys is pressed in a terminal. */
const EDITORS_HINT = /^Some keybindings don't go to the terminal by default/;

/** Tells of each message that pops up, however short it is there. */
const HEAR_MESSAGES = `
  new MutationObserver(() => {
    for (const message of document.querySelectorAll('.notifications-toasts .notification-list-item-message'))
      if (message.textContent) messageShown(message.textContent);
  }).observe(document, { childList: true, subtree: true });
`;

export class Workbench {
  readonly #shown = new Set<string>();
  readonly #awaited: (string | RegExp)[] = [];

  constructor(
    readonly page: Page,
    private readonly artifacts: string,
    readonly close: () => Promise<void>,
    /** The folder with the extensions that are installed. */
    readonly extensions: string,
  ) {}

  /** To be called before the page is loaded. */
  async hearMessages(): Promise<void> {
    await this.page.exposeFunction('messageShown', (text: string) => this.#shown.add(text));
    await this.page.addInitScript({ content: HEAR_MESSAGES });
  }

  /** Loads the window again, as a person does by the browser's key. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.locator('.monaco-workbench .part.activitybar').waitFor({ timeout: 60_000 });
  }

  /** Opens a side bar by its entry in the activity bar. */
  async openView(name: string): Promise<void> {
    const entry = this.page.locator(`.part.activitybar .action-item a.action-label[aria-label="${name}"]`);
    await entry.waitFor({ timeout: 30_000 });
    // A second click would close it.
    const open = this.page.locator(`.part.sidebar .composite.title h2`, { hasText: name });
    if (!(await open.isVisible())) await entry.click();
    await open.waitFor();
  }

  /** The first row of the side bar's tree that has this text, scrolled into sight: only rows in sight are on the page. */
  async row(text: string | RegExp): Promise<Locator> {
    const tree = this.page.locator('.part.sidebar .monaco-list').first();
    const row = tree.locator('.monaco-list-row[role="treeitem"]', { hasText: text }).first();
    let steps = 0;
    const look = async (): Promise<boolean> => {
      if (await row.isVisible()) return true;
      // Down the tree, and from its top again.
      if (steps++ % 20 < 19) {
        await tree.hover();
        await this.page.mouse.wheel(0, 200);
      } else {
        await tree.focus();
        await this.page.keyboard.press('Home');
      }
      // The rows are drawn a little later.
      await this.page.waitForTimeout(150);
      return false;
    };
    try {
      await waitFor(`a row with ${String(text)}`, look, 30_000);
    } catch (error) {
      const shown = await tree.locator('.monaco-list-row').allInnerTexts();
      throw new Error(`there was never a row with ${String(text)}; the view shows:\n${shown.join('\n')}`, {
        cause: error,
      });
    }
    return row;
  }

  /** Opens a row and waits for what is below it: VS Code says that the row is open while it still asks for that. */
  async expand(text: string | RegExp): Promise<void> {
    const row = await this.row(text);
    const isOpen = async (): Promise<boolean> => (await row.getAttribute('aria-expanded')) === 'true';
    await waitFor('the row to open', async () => {
      if (await isOpen()) return true;
      // Not where it was a moment ago: there may be another row by now, as others and messages above come and go.
      await row.locator('.monaco-tl-twistie').dispatchEvent('click');
      return waitFor('it', isOpen, 3_000).catch(isOpen);
    });
    const level = Number(await row.getAttribute('aria-level'));
    const next = row.locator('xpath=following-sibling::*[1]');
    await waitFor(`a row below ${String(text)}`, async () => {
      if (await next.and(this.page.locator(`[aria-level="${level + 1}"]`)).isVisible()) return true;
      // Below the last row that is in sight there may be more, which are not on the page.
      if ((await next.count()) === 0) {
        await row.hover();
        await this.page.mouse.wheel(0, 20);
      }
      return false;
    });
  }

  /** Clicks a button that a row shows under the mouse. */
  async clickInline(text: string | RegExp, label: string): Promise<void> {
    const row = await this.row(text);
    await row.hover();
    await row.locator(`.action-label[aria-label^="${label}"]`).click();
  }

  async contextMenu(text: string | RegExp, item: string): Promise<void> {
    const row = await this.row(text);
    await row.click({ button: 'right' });
    const entry = this.page.locator('.monaco-menu .action-item', { hasText: item }).first();
    await entry.waitFor();
    // A menu ignores clicks that come right after the one that opened it.
    await waitFor(`the menu to take "${item}"`, async () => {
      if (await entry.isVisible()) await entry.click();
      return entry.waitFor({ state: 'hidden', timeout: 500 }).then(
        () => true,
        () => false,
      );
    });
  }

  /** Runs a command by its full title, from the command palette. */
  async runCommand(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible input.input');
    // The palette closes again when something else takes the focus, such as a terminal that has just opened.
    await waitFor(`"${title}" in the command palette`, async () => {
      await this.page.keyboard.press('F1');
      try {
        await input.fill(`>${title}`, { timeout: 2_000 });
        // Enter would take the best fuzzy match, which may be another command.
        await this.pick(title, 5_000);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Chooses a row of the quick pick that is open. */
  async pick(label: string, timeout?: number): Promise<void> {
    const rows = '.quick-input-list .monaco-list-row';
    const row = this.page.locator(`${rows}[aria-label="${label}"], ${rows}[aria-label^="${label}, "]`).first();
    await this.#takeMouseAway();
    await row.click(timeout === undefined ? {} : { timeout });
  }

  /** Chooses the first row with this text: what a screen reader is told of a row may begin with the name of its icon. */
  async pickWith(text: string): Promise<void> {
    await this.#takeMouseAway();
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().click();
  }

  /** Where it rests on another row of a quick pick, the tooltip of that one may lie over the row that is to be chosen. */
  async #takeMouseAway(): Promise<void> {
    await this.page.mouse.move(0, 0);
  }

  /** Fills the input box that is open, and takes it. */
  async answer(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible input.input');
    await input.fill(text);
    await input.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** What the quick pick lists, once it shows `text`: it may follow another one. */
  async pickText(text: string): Promise<string> {
    const rows = this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
    await rows.filter({ hasText: text }).first().waitFor();
    return (await rows.allInnerTexts()).join('\n');
  }

  /** Checks a row's checkbox. */
  async check(text: string | RegExp): Promise<void> {
    const box = (await this.row(text)).getByRole('checkbox').first();
    await waitFor(`${String(text)} to be checked`, async () => {
      if ((await box.getAttribute('aria-checked')) === 'true') return true;
      await box.click();
      return false;
    });
  }

  /** Waits for a message that pops up, which the test expects: see unexpectedMessages(). */
  async message(text: string | RegExp): Promise<Locator> {
    this.#awaited.push(text);
    const message = this.page.locator('.notifications-toasts .notification-list-item', { hasText: text }).first();
    await message.waitFor();
    return message;
  }

  /** Clicks a button of the message with this text. */
  async answerMessage(text: string, button: string): Promise<void> {
    const message = await this.message(text);
    await message.locator('.monaco-button', { hasText: button }).click();
  }

  /** The messages that popped up since the last call and that nobody waited for. */
  unexpectedMessages(): string[] {
    const isAwaited = (shown: string): boolean =>
      EDITORS_HINT.test(shown) ||
      this.#awaited.some((text) => (typeof text === 'string' ? shown.includes(text) : text.test(shown)));
    const unexpected = [...this.#shown].filter((shown) => !isAwaited(shown));
    this.#shown.clear();
    this.#awaited.length = 0;
    return unexpected;
  }

  /** What the terminal in front shows. */
  async terminalText(): Promise<string> {
    const rows = this.page.locator('.terminal-wrapper.active .xterm-rows:visible').first();
    if (!(await rows.isVisible())) return '';
    // Blanks are no-break spaces on the page, and what follows the text on a line means nothing.
    const lines = (await rows.innerText()).replaceAll('\u00a0', ' ').split('\n');
    return lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  async waitForTerminal(pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    let text = '';
    const ask = async (): Promise<string | null> => {
      text = await this.terminalText();
      return pattern.test(text) ? text : null;
    };
    try {
      return await waitFor(`${String(pattern)} in the terminal`, ask, timeoutMs);
    } catch (error) {
      throw new Error(`the terminal never showed ${String(pattern)}; it shows:\n${text}`, { cause: error });
    }
  }

  /** Types into the terminal in front. */
  async type(text: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').first().focus();
    await this.page.keyboard.type(text);
  }

  /** What the tooltip of the one terminal's tab says, in the header of the panel, above its own links. */
  async hoverTab(): Promise<Locator> {
    const tooltip = this.page.locator('.monaco-hover .rendered-markdown:visible', { hasText: 'Command line:' });
    return this.#hover(this.page.locator('.part.panel .single-terminal-tab'), tooltip);
  }

  /** The tooltip of a row, once it says `words`. */
  async hoverRow(text: string | RegExp, words: string): Promise<Locator> {
    return this.#hover(await this.row(text), this.page.locator('.monaco-hover:visible', { hasText: words }));
  }

  async #hover(target: Locator, tooltip: Locator): Promise<Locator> {
    await waitFor('the tooltip', async () => {
      // The mouse has to come anew where something else took the tooltip away.
      await this.page.mouse.move(0, 0);
      await target.hover();
      return tooltip.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
    });
    return tooltip;
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(this.artifacts, `${name}.png`) });
  }
}
