// Every command of the extension: what they copy is what works, what they open is there, and what is not answered does nothing.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readlinkSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { EXIT } from '../../helper/protocol';
import { COMMANDS, SETTINGS, TERMINAL_PROFILE, VIEWS } from '../../extension/ids';
import { USUAL_ARRANGEMENT } from '../../extension/tree/arrangement';
import type { ContainerNode, NamespaceNode, TreeNode } from '../../extension/tree/rows';
import { run, waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { startShellLess } from '../support/shellLess';
import {
  activate,
  type Api,
  commOf,
  containerRow,
  extension,
  inode,
  namespaceRows,
  opened,
  shellOf,
  takingTheFirst,
} from './support';

/** Other runs on the same machine have others. */
const TAG = randomBytes(3).toString('hex');
const NAME = `commands-${TAG}`;
const ADDRESS = '10.79.0.7';
/** Listens on one port, and on another when told to. */
const SERVER = `
  const { createServer } = require('node:net');
  createServer().listen(8080, '0.0.0.0');
  process.on('SIGUSR2', () => createServer().listen(8081, '127.0.0.1'));
`;

const exercised = new Set<string>();

async function exercise(id: string, ...args: unknown[]): Promise<unknown> {
  exercised.add(id);
  return vscode.commands.executeCommand(id, ...args);
}

describe('commands in the extension host', () => {
  let sandbox: Sandbox;
  let api: Api;
  let row: ContainerNode;

  before(async () => {
    sandbox = await startSandbox({
      name: NAME,
      types: ['net', 'mnt', 'pid', 'uts', 'ipc'],
      address: `${ADDRESS}/24`,
      command: [process.execPath, '-e', SERVER],
    });
    api = await activate();
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
    await exercise(COMMANDS.copyPath, child('net'));
    assert.equal(await clipboard(), `/proc/${sandbox.pid}/ns/net`);
    await exercise(COMMANDS.copyPath, child('net'), [child('net'), child('uts')]);
    assert.equal(await clipboard(), `/proc/${sandbox.pid}/ns/net\n/proc/${sandbox.pid}/ns/uts`);
    await exercise(COMMANDS.copyInode, child('uts'));
    assert.equal(`uts:[${await clipboard()}]`, inode(sandbox.pid, 'uts'));
    await exercise(COMMANDS.copyPid, row);
    assert.equal(await clipboard(), String(sandbox.pid));
  });

  it('copy a command line that a shell runs, and that enters just what was chosen', async () => {
    const rows = [child('net'), child('uts')];
    await takingTheFirst(() => exercise(COMMANDS.copyCommand, rows[0], rows));
    const line = await clipboard();
    const [net, uts, ipc] = (
      await run('/bin/sh', ['-c', `${line} -- readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc`])
    ).split('\n');
    assert.deepEqual([net, uts, ipc], [inode(sandbox.pid, 'net'), inode(sandbox.pid, 'uts'), inode('self', 'ipc')]);
  });

  it('open a terminal in new namespaces: a user and a network namespace by default', async () => {
    const before = vscode.window.terminals.length;
    let patience = 0;
    const terminal = await opened(() =>
      waitFor('a choice of types', async () => {
        // Accepting where the types are not checked yet chooses none, and opens nothing: it is asked again, and waited longer.
        await takingTheFirst(() => exercise(COMMANDS.openNewTerminal), (patience += 250));
        return vscode.window.terminals.length > before;
      }),
    );
    assert.equal(terminal.name, 'new net+user');
    const pid = await shellOf(terminal, (shell) => inode(shell, 'net') !== inode('self', 'net'));
    assert.notEqual(inode(pid, 'user'), inode('self', 'user'));
    assert.notEqual(inode(pid, 'net'), inode(sandbox.pid, 'net'));
    assert.equal(inode(pid, 'uts'), inode('self', 'uts'));
  });

  it('open a terminal by a preset: network only, as oneself', async () => {
    const terminal = await opened(() => takingTheFirst(() => exercise(COMMANDS.openPresetTerminal, row)));
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
    // The container whose row is selected is offered first.
    await vscode.commands.executeCommand(`${VIEWS.containers}.focus`);
    assert.ok(await api.provider.reveal(row.id));
    await waitFor('the row', () => api.provider.selection.some(({ id }) => id === row.id));
    const terminal = await opened(() =>
      takingTheFirst(() =>
        vscode.commands.executeCommand('workbench.action.terminal.new', {
          config: { ...profile, extensionIdentifier: extension().id },
        }),
      ),
    );
    assert.equal(terminal.name, `${NAME}:net`);
  });

  it('open terminals from the row of a container', async () => {
    const network = await opened(() => exercise(COMMANDS.openNetworkTerminal, row));
    await shellOf(network, (shell) => inode(shell, 'net') === inode(sandbox.pid, 'net'));
    const all = await opened(() => takingTheFirst(() => exercise(COMMANDS.openContainerTerminal, row)));
    assert.equal(all.name, NAME);
  });

  it('say what there is to beware of before a terminal opens, and ask nothing where there is nothing', async () => {
    // Root in there, as the machine has it; and one's own files within its reach.
    await opensNothing(() => exercise(COMMANDS.openContainerTerminal, row), 'workbench.action.closeQuickOpen');
    await opensNothing(() => exercise(COMMANDS.openNamespaceTerminal, child('pid')), 'workbench.action.closeQuickOpen');
    const confined = await startSandbox({
      name: `confined-${TAG}`,
      types: ['mnt'],
      command: [
        'setpriv',
        '--bounding-set=-mknod',
        '--',
        'bash',
        '-c',
        'exec -a "$0" sleep 1000000',
        `confined-${TAG}`,
      ],
    });
    try {
      const given = await containerRow(api, `confined-${TAG}`);
      await waitFor('it to be confined', () => commOf(confined.pid) === 'sleep');
      await opened(() => exercise(COMMANDS.openContainerTerminal, given));
    } finally {
      await confined.stop();
    }
  });

  it('enter nothing where the container was restarted since, and open again in the new one by a button', async () => {
    const name = `again-${TAG}`;
    const first = await startSandbox({ name, types: ['net', 'uts'] });
    const stale = await containerRow(api, name).finally(() => first.stop());
    const second = await startSandbox({ name, types: ['net', 'uts'] });
    try {
      const refused = await opened(() => exercise(COMMANDS.openContainerTerminal, stale));
      const ended = await waitFor('the terminal to end', () => refused.exitStatus);
      assert.equal(ended.code, EXIT.noTarget.code);
      const again = await waitFor('the offer', async () => {
        await vscode.commands.executeCommand('notification.acceptPrimaryAction');
        return vscode.window.terminals.find((each) => each !== refused && each.name === `${name}:net+uts`);
      });
      await shellOf(
        again,
        (each) => inode(each, 'net') === inode(second.pid, 'net') && inode(each, 'uts') === inode(second.pid, 'uts'),
      );
    } finally {
      await second.stop();
    }
    // Gone altogether: said, and nothing opened.
    await opensNothing(async () => {
      const refused = await opened(() => exercise(COMMANDS.openContainerTerminal, stale));
      await waitFor('the terminal to end', () => refused.exitStatus);
    }, 'notification.acceptPrimaryAction');
  });

  it('refuse to copy a line for what is only the machine’s own', async () => {
    const plainBox = await startSandbox({ name: `plain-${TAG}`, types: ['uts'] });
    try {
      const given = await containerRow(api, `plain-${TAG}`);
      const shared = given.container.namespaces.map((each) => ({ ...each, host: true }));
      const hostOnly = { ...given, id: 'not in the view', container: { ...given.container, namespaces: shared } };
      await vscode.env.clipboard.writeText('as before');
      await opensNothing(() => exercise(COMMANDS.copyCommand, hostOnly), 'notifications.clearAll');
      // Two containers: none is passed over in silence.
      await opensNothing(() => exercise(COMMANDS.copyCommand, row, [row, given]), 'notifications.clearAll');
      assert.equal(await clipboard(), 'as before');
      await exercise(COMMANDS.copyPath, row, [given, child('net')]);
      assert.equal(await clipboard(), `/proc/${plainBox.pid}/ns/uts\n/proc/${sandbox.pid}/ns/net`);
    } finally {
      await plainBox.stop();
    }
  });

  it('open a terminal in a network that only a file keeps, as `ip netns add` makes it', async () => {
    const name = `held-${TAG}`;
    await run('ip', ['netns', 'add', name]);
    try {
      const file = `/run/netns/${name}`;
      const number = String(statSync(file).ino);
      await exercise(COMMANDS.refresh);
      const [net] = api.namespacesProvider.childrenOf();
      const given = api.namespacesProvider.childrenOf(net).find(({ label }) => label === `net:[${number}]`);
      assert.ok(given);
      const kept = api.namespacesProvider.now(given);
      assert.deepEqual([kept.description, kept.contextValue], [file, 'held namespace net joinable']);
      await exercise(COMMANDS.copyPath, kept);
      assert.equal(await clipboard(), file);
      await exercise(COMMANDS.copyInode, kept);
      assert.equal(await clipboard(), number);
      const terminal = await opened(() => exercise(COMMANDS.openNetworkTerminal, kept));
      assert.equal(terminal.name, `${name}:net`);
      const shell = await shellOf(terminal, (each) => inode(each, 'net') === `net:[${number}]`);
      assert.equal(inode(shell, 'uts'), inode('self', 'uts'));
      // With the hostname of a container, after a preview.
      const rows = [kept, child('uts')];
      const both = await opened(() => takingTheFirst(() => exercise(COMMANDS.openNamespaceTerminal, kept, rows)));
      await shellOf(
        both,
        (each) => inode(each, 'net') === `net:[${number}]` && inode(each, 'uts') === inode(sandbox.pid, 'uts'),
      );
      const gone = { ...kept, id: 'type/net/1', inode: 1 };
      await opensNothing(() => exercise(COMMANDS.openNetworkTerminal, gone), 'notifications.clearAll');
    } finally {
      await run('ip', ['netns', 'delete', name]);
    }
  });

  it('show the listening ports of a container once their row is opened, and copy where to reach one', async () => {
    const ports = (): TreeNode[] => api.provider.childrenOf(api.provider.now(portsRow()));
    const portsRow = (): TreeNode => {
      const found = api.provider.childrenOf(row).find(({ kind }) => kind === 'ports');
      assert.ok(found);
      return found;
    };
    assert.equal(api.provider.now(portsRow()).description, '', 'they were looked at before anybody asked');
    await vscode.commands.executeCommand(`${VIEWS.containers}.focus`);
    assert.ok(await api.provider.reveal(portsRow().id));
    const port = await waitFor('port 8080', () => ports().find(({ label }) => label === '8080'));
    assert.match(port.description, /^tcp 0\.0\.0\.0 · /);
    await exercise(COMMANDS.copyAddress, port);
    assert.equal(await clipboard(), `${ADDRESS}:8080`);
    process.kill(sandbox.pid, 'SIGUSR2');
    const second = await waitFor('port 8081', async () => {
      await exercise(COMMANDS.refresh);
      return ports().find(({ label }) => label === '8081');
    });
    await exercise(COMMANDS.copyAddress, second, [port, second]);
    assert.equal(await clipboard(), `${ADDRESS}:8080\n127.0.0.1:8081`);
  });

  it('check the row that is selected, open a terminal in what is checked or else ask, and clear it', async () => {
    const isChecked = (): boolean => {
      const { checkboxState } = api.provider.getTreeItem(child('uts'));
      return typeof checkboxState === 'object' && checkboxState.state === vscode.TreeItemCheckboxState.Checked;
    };
    await vscode.commands.executeCommand(`${VIEWS.containers}.focus`);
    assert.ok(await api.provider.reveal(child('uts').id));
    await waitFor('the row to be selected', () => api.provider.selection.some(({ id }) => id === child('uts').id));
    for (const checked of [true, false, true]) {
      await exercise(COMMANDS.toggleSelection);
      assert.equal(isChecked(), checked);
    }
    const terminal = await opened(() => exercise(COMMANDS.openSelectedTerminal));
    await shellOf(terminal, (shell) => inode(shell, 'uts') === inode(sandbox.pid, 'uts'));
    await exercise(COMMANDS.clearSelection);
    assert.equal(isChecked(), false);
    await opensNothing(() => exercise(COMMANDS.openSelectedTerminal), 'workbench.action.closeQuickOpen');
  });

  it('show the addresses of a network and the number of processes once their container is opened', async () => {
    await vscode.commands.executeCommand(`${VIEWS.containers}.focus`);
    assert.ok(await api.provider.reveal(row.id));
    const says = (type: string): string => api.provider.now(child(type)).description;
    await waitFor('the address', () => says('net').endsWith(` · ${ADDRESS}`));
    assert.match(says('pid'), / · \d+ process(?:es)?$/);
  });

  it('copy a container’s name, and say of a sandbox that it has no id', async () => {
    await exercise(COMMANDS.copyName, row);
    assert.equal(await clipboard(), NAME);
    await opensNothing(() => exercise(COMMANDS.copyId, row), 'notifications.clearAll');
    const identified = { ...row, id: 'nowhere', container: { ...row.container, id: 'abc123' } };
    await exercise(COMMANDS.copyId, identified);
    assert.equal(await clipboard(), 'abc123');
  });

  it('show who is in a namespace, and all about it on a page', async () => {
    const number = statSync(`/proc/${sandbox.pid}/ns/net`).ino;
    const rows = (above?: TreeNode): Promise<TreeNode[]> => api.namespacesProvider.getChildren(above);
    const [nets] = await rows();
    const own = (await rows(nets)).find(({ label }) => label === `net:[${number}]`);
    assert.ok(own);
    const [member, processes] = await rows(own);
    assert.deepEqual([member?.kind, member?.label, member?.description], ['member', NAME, 'sandbox']);
    const commands = (await rows(processes)).map(({ description, label }) => `${description} ${label}`);
    assert.ok(
      commands.some((text) => text.startsWith(`pid ${sandbox.pid} ${NAME} -e`)),
      commands.join('\n'),
    );
    await exercise(COMMANDS.inspect, own);
    const page = await waitFor('the page', () => textOf(`net:[${number}]`));
    for (const part of [NAME, String(sandbox.pid), ADDRESS, 'dev', '8080']) assert.ok(page.includes(part), page);
    await exercise(COMMANDS.inspect, child('uts'));
    await waitFor('the other page', () => textOf(inode(sandbox.pid, 'uts')));
  });

  it('ask root before a terminal is opened among the files of a container', async () => {
    // In tests VS Code shows no modal question, and says so instead of an answer.
    await opensNothing(() => exercise(COMMANDS.openFileTree, row), 'notifications.clearAll');
  });

  it('do nothing where a question is not answered', async () => {
    const rows = [child('net'), child('uts')];
    const questions = [
      () => exercise(COMMANDS.openNamespaceTerminal, rows[0], rows),
      () => exercise(COMMANDS.openPresetTerminal, row),
      () => exercise(COMMANDS.openNewTerminal),
      () => exercise(COMMANDS.runTask, row),
      () => exercise(COMMANDS.buildContainer),
    ];
    for (const ask of questions) await opensNothing(ask, 'workbench.action.closeQuickOpen');
    assert.equal(vscode.workspace.getConfiguration().get(SETTINGS.tasksContainer), '');
  });

  it('give a task the container that is picked', async () => {
    // One that is taken before it is listed is none.
    const picked = await waitFor('a container', async () => {
      let answer: unknown;
      await takingTheFirst(async () => (answer = await exercise(COMMANDS.pickContainer)));
      return answer;
    });
    const { containers } = await api.inventory.refresh();
    assert.ok(
      containers.some(({ name, key }) => picked === name || picked === key),
      String(picked),
    );
  });

  it('say to root that nothing is locked, and lock what was never unlocked', async () => {
    await opensNothing(() => exercise(COMMANDS.unlock), 'notifications.clearAll');
    assert.equal(await exercise(COMMANDS.lock), undefined);
  });

  it('filter, group and sort the view', async () => {
    try {
      await api.provider.arrange({ filter: NAME });
      // Taken as it is.
      await takingTheFirst(() => exercise(COMMANDS.filter));
      assert.equal(api.provider.arrangement.filter, NAME);
      await exercise(COMMANDS.clearFilter);
      assert.equal(api.provider.arrangement.filter, '');
      await api.provider.arrange({ groupBy: 'none', sortBy: 'pid' });
      for (const [command, usual] of [
        [COMMANDS.groupBy, { groupBy: 'engine' }],
        [COMMANDS.sortBy, { sortBy: 'name' }],
      ] as const) {
        // One that is taken before it is listed is none.
        await waitFor(`what ${command} offers first`, async () => {
          await takingTheFirst(() => exercise(command));
          return isDeepStrictEqual(api.provider.arrangement, { ...api.provider.arrangement, ...usual });
        });
      }
      assert.deepEqual(api.provider.arrangement, { groupBy: 'engine', sortBy: 'name', filter: '' });
    } finally {
      await api.provider.arrange(USUAL_ARRANGEMENT);
    }
  });

  it('show the log', async () => {
    await exercise(COMMANDS.showLog);
    await waitFor('the log', () =>
      vscode.window.visibleTextEditors.some(
        ({ document: { uri } }) => uri.scheme === 'output' && uri.path.includes('Linux Namespaces'),
      ),
    );
  });

  it('arrange the view, and find a container in it', async () => {
    const roots = (): string[] => api.provider.childrenOf().map(({ kind }) => kind);
    try {
      await api.provider.arrange({ groupBy: 'none', filter: NAME });
      assert.deepEqual(roots(), ['container']);
      await api.provider.arrange({ filter: 'no such container' });
      assert.deepEqual(roots(), []);
      // It takes the filter away, which hides the row.
      await exercise(COMMANDS.reveal, row);
      await waitFor('the row', () => api.provider.selection.some(({ label }) => label === NAME));
    } finally {
      await api.provider.arrange(USUAL_ARRANGEMENT);
    }
  });

  it('list every namespace by type in a view of their own', () => {
    const types = api.namespacesProvider.childrenOf();
    assert.deepEqual(
      types.map(({ label }) => label),
      ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'],
    );
    const [net] = types;
    const [host] = api.namespacesProvider.childrenOf(net);
    assert.equal(host?.label, inode('self', 'net'));
    assert.equal(api.namespacesProvider.getTreeItem(host).resourceUri?.authority, 'host');
    const own = api.namespacesProvider.childrenOf(net).find(({ label }) => label === inode(sandbox.pid, 'net'));
    assert.equal(own?.description, NAME);
  });

  it('show all about a container on a page, and all about the machine on another', async () => {
    await exercise(COMMANDS.inspect, row);
    const page = await waitFor('the page', () => textOf(NAME));
    for (const part of [
      /^Routes$/m,
      /^ {2}tcp +8080 +0\.0\.0\.0$/m,
      /user ID map +0 0 \d+/,
      /^Control groups$/m,
      /capabilities +\S/,
    ])
      assert.match(page, part);
    assert.match(page, new RegExp(`net +${inode(sandbox.pid, 'net').replace(/\D/g, '')}`));
    assert.match(page, /\n {2}\/proc +proc /);
    await exercise(COMMANDS.diagnose);
    await waitFor('the diagnosis', () => /namespace-types +Linux \d/.test(textOf('Diagnosis') ?? ''));
    const { activeTextEditor } = vscode.window;
    assert.equal(activeTextEditor?.document.languageId, 'plaintext');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('offer a container’s other namespaces where it has no shell', async () => {
    const shellLess = await startShellLess(['mnt', 'net']);
    try {
      const given = await containerRow(api, shellLess.pid);
      await takingTheFirst(() => exercise(COMMANDS.openContainerTerminal, given));
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

  it('are all of those in the manifest, and each entry of the context menus is for some row', () => {
    const { commands, menus } = (extension().packageJSON as { contributes: Contributions }).contributes;
    assert.deepEqual([...exercised].sort(), commands.map(({ command }) => command).sort());
    const rows = {
      // Root sees no locked rows, and no engine need be here.
      containers: [...contexts(api.provider), 'namespace net locked joinable', 'stopped identified'],
      namespaces: contexts(api.namespacesProvider),
    };
    for (const { command, when } of menus['view/item/context']) {
      const views = (['containers', 'namespaces'] as const).filter((view) => isIn(when, `namespaces.${view}`));
      const patterns = [...when.matchAll(/viewItem =~ \/(.+?)\/(?= |$)/g)].map(
        ([, pattern = '']) => new RegExp(pattern),
      );
      assert.ok(views.length > 0 && patterns.length > 0, `${command}: ${when}`);
      const found = views.flatMap((view) => rows[view]).some((row) => patterns.every((each) => each.test(row)));
      assert.ok(found, `no row has an entry for ${command}: ${when}`);
    }
  });
});

interface Contributions {
  commands: { command: string }[];
  menus: { 'view/item/context': { command: string; when: string }[] };
}

/** Context values of all rows of a view. */
function contexts(provider: { childrenOf(node?: TreeNode): TreeNode[] }, node?: TreeNode): string[] {
  return provider.childrenOf(node).flatMap((child) => [child.contextValue, ...contexts(provider, child)]);
}

const isIn = (when: string, view: string): boolean => {
  const [, equal, pattern] = /^view (?:== ([\w.]+)|=~ \/(.+?)\/(?= |$))/.exec(when) ?? [];
  return equal === undefined ? new RegExp(pattern ?? '$^').test(view) : equal === view;
};

/** Runs a command that ends when its question or message is put away, which opens no terminal and starts no task. */
async function opensNothing(start: () => Thenable<unknown>, putAway: string): Promise<void> {
  const terminals = [...vscode.window.terminals];
  const tasks = vscode.tasks.taskExecutions.length;
  let ended = false;
  const running = Promise.resolve(start()).finally(() => (ended = true));
  await waitFor('the command to end', async () => {
    await vscode.commands.executeCommand(putAway);
    return ended;
  });
  await running;
  assert.deepEqual(
    vscode.window.terminals.filter((each) => !terminals.includes(each)),
    [],
  );
  assert.equal(vscode.tasks.taskExecutions.length, tasks);
}

const textOf = (title: string): string | undefined =>
  vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'namespaces' && uri.path === `/${title}`)?.getText();
