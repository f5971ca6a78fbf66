// The commands beyond the three that open a terminal from a row: what they copy is what works, and what they open is there.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import * as vscode from 'vscode';
import { COMMANDS, TERMINAL_PROFILE } from '../../extension/ids';
import type { Api } from '../../extension/main';
import { USUAL_ARRANGEMENT } from '../../extension/tree/arrangement';
import type { ContainerNode, NamespaceNode } from '../../extension/tree/rows';
import { run, waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { startShellLess } from '../support/shellLess';
import { containerRow, extension, inode, namespaceRows, opened, shellOf, takingTheFirst } from './support';

/** Other runs on the same machine have others. */
const NAME = `commands-${randomBytes(3).toString('hex')}`;

describe('commands in the extension host', () => {
  let sandbox: Sandbox;
  let api: Api;
  let row: ContainerNode;

  before(async () => {
    sandbox = await startSandbox({ name: NAME, types: ['net', 'mnt', 'pid', 'uts', 'ipc'] });
    api = await extension().activate();
    row = await containerRow(api, NAME);
  });
  after(async () => {
    for (const terminal of vscode.window.terminals) terminal.dispose();
    await sandbox.stop();
  });

  const child = (type: string): NamespaceNode => {
    const found = namespaceRows(row).find((node) => node.label === type);
    assert.ok(found, `${type} has no row`);
    return found;
  };
  const clipboard = async (): Promise<string> => vscode.env.clipboard.readText();

  it('copy a namespace’s path and inode, and a container’s pid', async () => {
    await vscode.commands.executeCommand(COMMANDS.copyPath, child('net'));
    assert.equal(await clipboard(), `/proc/${sandbox.pid}/ns/net`);
    await vscode.commands.executeCommand(COMMANDS.copyPath, child('net'), [child('net'), child('uts')]);
    assert.equal(await clipboard(), `/proc/${sandbox.pid}/ns/net\n/proc/${sandbox.pid}/ns/uts`);
    await vscode.commands.executeCommand(COMMANDS.copyInode, child('uts'));
    assert.equal(`uts:[${await clipboard()}]`, inode(sandbox.pid, 'uts'));
    await vscode.commands.executeCommand(COMMANDS.copyPid, row);
    assert.equal(await clipboard(), String(sandbox.pid));
  });

  it('copy a command line that a shell runs, and that enters just what was chosen', async () => {
    const rows = [child('net'), child('uts')];
    await takingTheFirst(() => vscode.commands.executeCommand(COMMANDS.copyCommand, rows[0], rows));
    const line = await clipboard();
    const [net, uts, ipc] = (
      await run('/bin/sh', ['-c', `${line} -- readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc`])
    ).split('\n');
    assert.deepEqual([net, uts, ipc], [inode(sandbox.pid, 'net'), inode(sandbox.pid, 'uts'), inode('self', 'ipc')]);
  });

  it('open a terminal in new namespaces: a user and a network namespace by default', async () => {
    const before = vscode.window.terminals.length;
    const terminal = await opened(() =>
      waitFor('a choice of types', async () => {
        // Accepting where the types are not listed yet chooses none, and opens nothing.
        await takingTheFirst(() => vscode.commands.executeCommand(COMMANDS.openNewTerminal));
        return vscode.window.terminals.length > before;
      }),
    );
    assert.equal(terminal.name, 'new user+net');
    const pid = await shellOf(terminal, (shell) => inode(shell, 'net') !== inode('self', 'net'));
    assert.notEqual(inode(pid, 'user'), inode('self', 'user'));
    assert.notEqual(inode(pid, 'net'), inode(sandbox.pid, 'net'));
    assert.equal(inode(pid, 'uts'), inode('self', 'uts'));
  });

  it('open a terminal by a preset: network only, as oneself', async () => {
    const terminal = await opened(() =>
      takingTheFirst(() => vscode.commands.executeCommand(COMMANDS.openPresetTerminal, row)),
    );
    assert.equal(terminal.name, `${NAME}:net`);
    const pid = await shellOf(terminal, (shell) => inode(shell, 'net') === inode(sandbox.pid, 'net'));
    assert.equal(inode(pid, 'pid'), inode('self', 'pid'));
  });

  it('offer a shell among the terminal profiles, by the same questions', async () => {
    const { contributes } = extension().packageJSON as {
      contributes: { terminal: { profiles: { id: string; title: string }[] } };
    };
    const [profile] = contributes.terminal.profiles;
    assert.equal(profile?.id, TERMINAL_PROFILE);
    const terminal = await opened(() =>
      takingTheFirst(() =>
        vscode.commands.executeCommand('workbench.action.terminal.new', {
          config: { ...profile, extensionIdentifier: extension().id },
        }),
      ),
    );
    // Which container comes first depends on what else runs on this machine.
    assert.match(terminal.name, /:net$/);
  });

  it('do nothing where a preview is not accepted', async () => {
    const before = vscode.window.terminals.length;
    const rows = [child('net'), child('uts')];
    let ended = false;
    const running = Promise.resolve(
      vscode.commands.executeCommand(COMMANDS.openSelectedTerminal, rows[0], rows),
    ).finally(() => (ended = true));
    await waitFor('the command to end', async () => {
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
      return ended;
    });
    await running;
    assert.equal(vscode.window.terminals.length, before);
  });

  it('arrange the view, and find a container in it', async () => {
    const roots = (): string[] => api.provider.getChildren().map(({ kind }) => kind);
    try {
      await api.provider.arrange({ groupBy: 'none', filter: NAME });
      assert.deepEqual(roots(), ['container']);
      await api.provider.arrange({ filter: 'no such container' });
      assert.deepEqual(roots(), []);
      // It takes the filter away, which hides the row.
      await vscode.commands.executeCommand(COMMANDS.reveal, row);
      await waitFor('the row', () => api.provider.selection.some(({ label }) => label === NAME));
    } finally {
      await api.provider.arrange(USUAL_ARRANGEMENT);
    }
  });

  it('list every namespace by type in a view of their own', () => {
    const types = api.namespacesProvider.getChildren();
    assert.deepEqual(
      types.map(({ label }) => label),
      ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'],
    );
    const [net] = types;
    const [host] = api.namespacesProvider.getChildren(net);
    assert.equal(host?.label, inode('self', 'net'));
    assert.equal(api.namespacesProvider.getTreeItem(host).resourceUri?.authority, 'host');
    const own = api.namespacesProvider.getChildren(net).find(({ label }) => label === inode(sandbox.pid, 'net'));
    assert.equal(own?.description, NAME);
  });

  it('show all about a container on a page, and all about the machine on another', async () => {
    await vscode.commands.executeCommand(COMMANDS.inspect, row);
    const page = await waitFor('the page', () => textOf(NAME));
    assert.match(page, new RegExp(`net +${inode(sandbox.pid, 'net').replace(/\D/g, '')}`));
    assert.match(page, /\n {2}\/proc +proc /);
    await vscode.commands.executeCommand(COMMANDS.diagnose);
    await waitFor('the diagnosis', () => /namespace-types +Linux \d/.test(textOf('Diagnosis') ?? ''));
    const { activeTextEditor } = vscode.window;
    assert.equal(activeTextEditor?.document.languageId, 'plaintext');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('offer a container’s other namespaces where it has no shell', async () => {
    const shellLess = await startShellLess(['mnt', 'net']);
    try {
      await vscode.commands.executeCommand(COMMANDS.openContainerTerminal, await containerRow(api, shellLess.pid));
      const terminal = await waitFor('the offer', async () => {
        await vscode.commands.executeCommand('notification.acceptPrimaryAction');
        return vscode.window.terminals.find((each) => each.name.endsWith(`${shellLess.name}:net`));
      });
      const shell = await shellOf(terminal, (each) => inode(each, 'net') === inode(shellLess.pid, 'net'));
      assert.equal(readlinkSync(`/proc/${shell}/root`), '/');
    } finally {
      await shellLess.stop();
    }
  });
});

const textOf = (title: string): string | undefined =>
  vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'namespaces' && uri.path === `/${title}`)?.getText();
