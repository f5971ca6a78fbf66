// Headless Chromium, and the way past code-server's password.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);

export function launchBrowser(): Promise<Browser> {
  const executablePath = CANDIDATES.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`no browser: none of ${CANDIDATES.join(', ')}`);
  return chromium.launch({
    executablePath,
    // It would exit at once, and leave behind what others still have to take away.
    handleSIGINT: false,
    args: [
      // Chromium refuses to sandbox itself as root.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Screen {
  width: number;
  height: number;
  /** How many pixels of a screenshot are one of the page, in each direction. */
  deviceScaleFactor: number;
}

/** A page that may see the workbench: the answer to the right password is a cookie. */
export async function openPage(
  browser: Browser,
  server: { url: string; password: string },
  { width, height, deviceScaleFactor }: Screen = { width: 1280, height: 800, deviceScaleFactor: 1 },
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor });
  const form = { base: '.', href: server.url, password: server.password };
  const answer = await context.request.post(`${server.url}/login`, { form, maxRedirects: 0 });
  if (answer.status() !== 302) throw new Error(`code-server refused the password: status ${answer.status()}`);
  return context.newPage();
}
