// VS Code's shell integration in terminals inside, in each shell that it is for: what the editor hears of a command, and that
// the user's own start-up files are read.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/ids';
import { waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { activate, type Api, containerName, containerRow, inode, opened } from './support';

const NAME = containerName('shells');

/** By the shell: the start-up file below a home, and what in there shows that it was read. */
const SHELLS = [
  { shell: '/bin/bash', file: '.bashrc', line: 'own=read; export own' },
  { shell: '/usr/bin/zsh', file: '.zshrc', line: 'export own=read' },
  { shell: '/usr/bin/fish', file: '.config/fish/config.fish', line: 'set -gx own read' },
];

describe('shell integration inside', () => {
  let sandbox: Sandbox;
  let api: Api;
  let home: string;
  const environment = { ...process.env };

  before(async () => {
    sandbox = await startSandbox({ name: NAME, types: ['net'] });
    api = await activate();
  });
  after(() => sandbox.stop());
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'lns-home-'));
  });
  afterEach(async () => {
    for (const name of ['HOME', 'SHELL']) process.env[name] = environment[name];
    await setTerminalHome(undefined);
    for (const terminal of vscode.window.terminals) terminal.dispose();
    rmSync(home, { recursive: true });
  });

  for (const { shell, file, line } of SHELLS) {
    it(`${shell}: commands are seen with their exit codes, and the directory; ${file} is read`, async () => {
      mkdirSync(join(home, '.config/fish'), { recursive: true });
      writeFileSync(join(home, file), `${line}\n`);
      Object.assign(process.env, { HOME: home, SHELL: shell });
      await setTerminalHome(home);
      const row = await containerRow(api, NAME);
      const terminal = await opened(async () => vscode.commands.executeCommand(COMMANDS.openNetworkTerminal, row));
      const integration = await waitFor('shell integration', () => terminal.shellIntegration);
      assert.equal(
        (await waitFor('the directory', () => integration.cwd)).fsPath,
        vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
      );
      // In a file, because VS Code's way to quote an argument knows no quotes in it.
      const [script, out] = [join(home, 'script'), join(home, 'out')];
      writeFileSync(script, `echo "$own $HOME $(readlink /proc/self/ns/net)" > ${out}; exit 7`);
      assert.equal(await exitCodeOf(terminal, integration, ['sh', script]), 7);
      assert.equal(readFileSync(out, 'utf8'), `read ${home} ${inode(sandbox.pid, 'net')}\n`);
    });
  }
});

/** Terminals have the environment of the editor's server, not the extension host's. */
async function setTerminalHome(home: string | undefined): Promise<void> {
  const value = home === undefined ? undefined : { HOME: home };
  const { Workspace } = vscode.ConfigurationTarget;
  await vscode.workspace.getConfiguration('terminal.integrated.env').update('linux', value, Workspace);
}

/** The first command may still find the prompt half drawn; VS Code then ends it without a code. */
async function exitCodeOf(
  terminal: vscode.Terminal,
  integration: vscode.TerminalShellIntegration,
  [command = '', ...args]: string[],
): Promise<number> {
  const codes: (number | undefined)[] = [];
  const listener = vscode.window.onDidEndTerminalShellExecution((event) => {
    if (event.terminal === terminal) codes.push(event.exitCode);
  });
  try {
    return await waitFor('an exit code', async () => {
      const before = codes.length;
      integration.executeCommand(command, args);
      await waitFor('the command to end', () => codes.length > before);
      return codes.find((code) => code !== undefined);
    });
  } finally {
    listener.dispose();
  }
}
