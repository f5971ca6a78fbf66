// Stands in for the desktop `code` executable where none can be downloaded: takes the arguments that
// @vscode/test-electron's runTests() passes, runs the suite in code-server's extension host, with headless Chromium as
// its window, and exits with the suite's exit code. That code is 0 also where the extension host died: only the report
// that the suite writes tells that it ran to its end.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { format } from 'node:util';
import { pinnedCodeServer, startCodeServer } from '../../scripts/lib/codeServer.mjs';
import { launchBrowser, openPage } from './browser';

const TIMEOUT_MS = 10 * 60_000;

/**
 * The payload is ignored without the "smoke test driver", which also passes on what the suite prints and how it ends. The
 * oldest code-server has no option for it, so the page's settings are changed after they are there and before they are read:
 * scripts that are modules run later than this event (HTML standard, "the end" of parsing).
 */
const ENABLE_DRIVER = `
  document.addEventListener('readystatechange', () => {
    const settings = document.getElementById('vscode-workbench-web-configuration')?.dataset;
    if (!settings) return;
    const { developmentOptions, ...others } = JSON.parse(settings.settings);
    const changed = { ...others, developmentOptions: { ...developmentOptions, enableSmokeTestDriver: true } };
    settings.settings = JSON.stringify(changed);
  }, { once: true });
`;

interface Arguments {
  folder: string;
  /** To be opened while the editor starts, as it brings back what was open. */
  files: string[];
  developmentPath: string;
  /** Folders of further extensions. */
  others: string[];
  testsPath: string;
}

function parse(argv: readonly string[]): Arguments {
  const values = (name: string): string[] => {
    const option = `--${name}=`;
    const found = argv.filter((argument) => argument.startsWith(option));
    return found.map((argument) => resolve(argument.slice(option.length)));
  };
  const [testsPath] = values('extensionTestsPath');
  const [developmentPath, ...others] = values('extensionDevelopmentPath');
  if (testsPath === undefined || developmentPath === undefined)
    throw new Error('codeStandIn: --extensionTestsPath or --extensionDevelopmentPath is missing');
  const [folder, ...files] = argv.filter((argument) => !argument.startsWith('-'));
  if (folder === undefined) throw new Error('codeStandIn: no folder to open');
  return {
    folder: resolve(folder),
    files: files.map((file) => resolve(file)),
    developmentPath,
    others,
    testsPath,
  };
}

/** The workbench in the browser takes what the desktop takes on its command line as its `payload`. */
function workbenchUrl(url: string, { folder, files, developmentPath, testsPath }: Arguments): string {
  const remote = (path: string): string => `vscode-remote://${new URL(url).host}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(developmentPath)],
    ['extensionTestsPath', remote(testsPath)],
    ['skipWelcome', 'true'],
    ...files.map((file) => ['openFile', remote(file)]),
  ];
  const query = new URLSearchParams({
    [folder.endsWith('.code-workspace') ? 'workspace' : 'folder']: folder,
    payload: JSON.stringify(payload),
  });
  return `${url}/?${query.toString()}`;
}

async function main(): Promise<number> {
  const args = parse(process.argv.slice(2));
  const dir = mkdtempSync('/tmp/lns-');
  // In a browser's workbench one extension can be under development. An editor that starts takes what it finds here.
  for (const path of args.others) cpSync(path, join(dir, 'e', basename(path)), { recursive: true });
  const server = await startCodeServer({
    dir,
    command: pinnedCodeServer(),
    settings: { 'terminal.integrated.gpuAcceleration': 'off' },
    env: { ...process.env, TMPDIR: dir, XDG_RUNTIME_DIR: dir },
    flags: ['--disable-workspace-trust'],
  }).catch((error: unknown) => {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  });
  try {
    const browser = await launchBrowser();
    try {
      const page = await openPage(browser, server);
      await page.addInitScript({ content: ENABLE_DRIVER });
      const ended = new Promise<number>((done) => {
        void page.exposeFunction('codeAutomationExit', done);
        void server.exited.then(() => {
          done(70);
        });
        for (const name of ['SIGINT', 'SIGTERM'] as const)
          process.once(name, () => {
            done(130);
          });
        setTimeout(() => {
          console.error(`codeStandIn: no end after ${TIMEOUT_MS / 1000} s`);
          done(124);
        }, TIMEOUT_MS).unref();
      });
      await page.exposeFunction('codeAutomationLog', (type: string, parts: unknown[]) => {
        const text = format(...parts);
        if (type === 'error') console.error(text);
        else console.log(text);
      });
      // However slow the machine is: the whole run has its own limit.
      await page.goto(workbenchUrl(server.url, args), { timeout: TIMEOUT_MS });
      return await ended;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
