// What VS Code stores of a terminal when it ends, to bring it back when it starts: put into the browser's storage by hand,
// because the workbench stores it on the desktop alone. Reading it, and starting the terminal again, is the same in both.
import type { Page } from 'playwright-core';

export interface StoredTerminal {
  executable: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** Opens the workbench again with one stored terminal, which had shown `what was shown before`. */
export async function storeRevived(page: Page, { executable, args, cwd, env }: StoredTerminal): Promise<void> {
  const workbench = page.url();
  // ISerializedTerminalState of VS Code's platform/terminal/common/terminal.ts, version 1.
  const terminal = {
    id: 1,
    shellLaunchConfig: { executable, args, cwd, name: 'web:net' },
    processDetails: { id: 1, pid: 1, cwd, title: 'web:net', titleSource: 1, workspaceId: '', workspaceName: '' },
    processLaunchConfig: {
      env,
      executableEnv: env,
      options: {
        shellIntegration: { enabled: false, suggestEnabled: false, nonce: '' },
        windowsUseConptyDll: false,
        isScreenReaderOptimized: false,
      },
    },
    unicodeVersion: '11',
    replayEvent: {
      events: [{ cols: 80, rows: 24, data: 'what was shown before\r\n' }],
      commands: { isWindowsPty: false, commands: [] },
    },
    timestamp: 0,
  };
  const tab = { isActive: true, activePersistentProcessId: 1, terminals: [{ relativeSize: 1, terminal: 1 }] };
  const entries = {
    'terminal.integrated.bufferState': JSON.stringify({ version: 1, state: [terminal] }),
    'terminal.integrated.layoutInfo': JSON.stringify({ tabs: [tab], background: [] }),
  };
  // A page of the same origin that is no workbench: one would write over it when it goes.
  await page.goto(new URL('/healthz', workbench).href);
  await page.evaluate(`(${PUT_INTO_STORAGE})(${JSON.stringify(entries)})`);
  await page.goto(workbench);
}

/** For the page. VS Code keeps the storage of a workspace in a database of its own. */
const PUT_INTO_STORAGE = `async (entries) => {
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const opening = indexedDB.open(names.find((name) => /^vscode-web-state-db-(?!global)/.test(name)));
  await new Promise((resolve, reject) => Object.assign(opening, { onsuccess: resolve, onerror: reject }));
  const writing = opening.result.transaction('ItemTable', 'readwrite');
  for (const [key, value] of Object.entries(entries)) writing.objectStore('ItemTable').put(value, key);
  await new Promise((resolve, reject) => Object.assign(writing, { oncomplete: resolve, onerror: reject }));
  opening.result.close();
}`;
