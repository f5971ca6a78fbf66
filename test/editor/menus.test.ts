// What the manifest's `when` clauses show: in the menus of a real row of each kind, by the row's own context value, in the title
// bars of the views, in the command palette and in an empty view. That each command works is in extensionCommands.test.ts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { COMMANDS, CONTEXT_KEYS, VIEWS } from '../../extension/ids';
import { type ContainerNode, namespaceNode, type TreeNode } from '../../extension/tree/rows';
import { run } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { clausesIn, holds, type Keys } from '../support/whenClause';
import { activate, type Api, containerRow, extension, namespaceRows } from './support';

const TAG = randomBytes(3).toString('hex');
const NAME = `menus-${TAG}`;
const SERVER = "require('node:net').createServer().listen(8080, '127.0.0.1')";

interface Entry {
  command: string;
  when: string;
  group: string;
}
/** What VS Code itself sets. */
const OF_VSCODE: Keys = {
  view: '',
  viewItem: '',
  focusedView: '',
  listFocus: false,
  inputFocus: false,
  treeElementCanExpand: false,
  treeElementCanCollapse: false,
};
type Menu = 'view/title' | 'view/item/context';
type View = keyof typeof VIEWS;

interface Contributions {
  commands: { command: string; enablement?: string }[];
  menus: Record<Menu, Entry[]> & { commandPalette: { command: string; when: string }[] };
  viewsWelcome: { view: string; when?: string }[];
}

const contributions = (): Contributions => (extension().packageJSON as { contributes: Contributions }).contributes;
const entriesOf = (menu: Menu): Entry[] => contributions().menus[menu];

/** The extension's own keys, with these of them set. */
function keysWith(...set: readonly (keyof typeof CONTEXT_KEYS)[]): Keys {
  const usual = Object.fromEntries(Object.values(CONTEXT_KEYS).map((key) => [key, false]));
  return { ...usual, ...Object.fromEntries(set.map((key) => [CONTEXT_KEYS[key], true])) };
}

/** Commands of a row as it is now: the buttons on it after `inline`, those of its context menu after `menu`. */
function offeredOn(
  { provider, namespacesProvider }: Api,
  view: View,
  row: TreeNode,
): { inline: string[]; menu: string[] } {
  return offered(view, (view === 'containers' ? provider : namespacesProvider).now(row));
}

/** To root, or else to a user from whom something is hidden. */
function offered(view: View, { contextValue }: TreeNode, root = true): { inline: string[]; menu: string[] } {
  const { root: isRoot, unlocked } = CONTEXT_KEYS;
  const keys = { view: VIEWS[view], viewItem: contextValue, [isRoot]: root, [unlocked]: false };
  const entries = entriesOf('view/item/context').filter(({ when }) => holds(when, keys));
  const isInline = ({ group }: Entry): boolean => group.startsWith('inline');
  const byGroup = (a: Entry, b: Entry): number => (a.group < b.group ? -1 : 1);
  return {
    inline: entries
      .filter(isInline)
      .sort(byGroup)
      .map(({ command }) => command),
    menu: entries
      .filter((entry) => !isInline(entry))
      .sort(byGroup)
      .map(({ command }) => command),
  };
}

describe('menus in the extension host', () => {
  let sandbox: Sandbox;
  let api: Api;
  let row: ContainerNode;

  before(async () => {
    const command = [process.execPath, '-e', SERVER];
    sandbox = await startSandbox({ name: NAME, types: ['net', 'uts'], address: '10.79.0.9/24', command });
    api = await activate();
    row = await containerRow(api, NAME);
  });
  after(() => sandbox.stop());

  const child = (type: string): TreeNode => {
    const found = namespaceRows(row).find(({ label }) => label === type);
    assert.ok(found, `${type} has no row`);
    return found;
  };
  const below = (kind: TreeNode['kind'], level?: string): TreeNode => {
    const found = api.provider
      .childrenOf(row)
      .find((node) => node.kind === kind && (level === undefined || ('level' in node && node.level === level)));
    assert.ok(found, `${NAME} has no row ${level ?? kind}`);
    return found;
  };

  it('of a container enter it in each way, run a task, and tell about it', () => {
    assert.deepEqual(offeredOn(api, 'containers', row), {
      inline: [COMMANDS.openNetworkTerminal, COMMANDS.openContainerTerminal],
      menu: [
        COMMANDS.openNetworkTerminal,
        COMMANDS.openContainerTerminal,
        COMMANDS.openPresetTerminal,
        COMMANDS.openFileTree,
        COMMANDS.runTask,
        COMMANDS.inspect,
        COMMANDS.copyCommand,
        COMMANDS.copyName,
        COMMANDS.copyPid,
      ],
    });
  });

  it('of a container that is stopped tell what its engine told', () => {
    const stopped = { ...row, contextValue: 'stopped identified' };
    assert.deepEqual(offered('containers', stopped), {
      inline: [],
      menu: [COMMANDS.inspect, COMMANDS.copyName, COMMANDS.copyId],
    });
  });

  it('of a namespace of its own enter it; of the machine’s, only tell about it', () => {
    const tell = [COMMANDS.copyPath, COMMANDS.copyInode, COMMANDS.copyPid];
    assert.deepEqual(offeredOn(api, 'containers', child('net')), {
      inline: [COMMANDS.openNetworkTerminal],
      menu: [
        COMMANDS.openNetworkTerminal,
        COMMANDS.openNamespaceTerminal,
        COMMANDS.inspect,
        COMMANDS.copyCommand,
        ...tell,
      ],
    });
    assert.deepEqual(offeredOn(api, 'containers', child('uts')), {
      inline: [COMMANDS.openNamespaceTerminal],
      menu: [COMMANDS.openNamespaceTerminal, COMMANDS.inspect, COMMANDS.copyCommand, ...tell],
    });
    assert.deepEqual(offeredOn(api, 'containers', child('ipc')), { inline: [], menu: [COMMANDS.inspect, ...tell] });
  });

  it('of a locked namespace offer to unlock it, but not to root', () => {
    const locked = child('uts');
    assert.ok(locked.kind === 'namespace');
    const namespace = { ...locked.namespace, inode: null };
    const row = namespaceNode(locked.container, namespace);
    assert.deepEqual(offered('containers', row, false).inline, [COMMANDS.openNamespaceTerminal, COMMANDS.unlock]);
    assert.ok(offered('containers', row, false).menu.includes(COMMANDS.unlock));
    assert.deepEqual(offered('containers', row).inline, [COMMANDS.openNamespaceTerminal]);
  });

  it('of a process, of a port and of what has them below it offer what fits', async () => {
    const nothing = { inline: [], menu: [] };
    const processes = below('group', 'processes');
    assert.deepEqual(offeredOn(api, 'containers', processes), nothing);
    const [first] = api.provider.childrenOf(processes);
    assert.ok(first);
    assert.deepEqual(offeredOn(api, 'containers', first), { inline: [], menu: [COMMANDS.copyPid] });
    assert.deepEqual(offeredOn(api, 'containers', below('ports')), nothing);
    const [port] = await api.provider.getChildren(below('ports'));
    assert.ok(port);
    assert.deepEqual(offeredOn(api, 'containers', port), { inline: [], menu: [COMMANDS.copyAddress] });
    const [engine] = api.provider.childrenOf();
    assert.ok(engine);
    assert.deepEqual(offeredOn(api, 'containers', engine), nothing);
  });

  it('of the view of namespaces: a container’s, the machine’s own, and one that a file holds', async () => {
    const name = `menus-${TAG}`;
    await run('ip', ['netns', 'add', name]);
    try {
      const number = statSync(`/run/netns/${name}`).ino;
      const own = statSync(`/proc/${sandbox.pid}/ns/net`).ino;
      const nets = (): TreeNode[] => api.namespacesProvider.childrenOf(api.namespacesProvider.childrenOf()[0]);
      await vscode.commands.executeCommand(COMMANDS.refresh);
      const kept = nets().find(({ label }) => label === `net:[${number}]`);
      assert.ok(kept);
      const enter = { inline: [COMMANDS.openNetworkTerminal] };
      const copy = [COMMANDS.copyPath, COMMANDS.copyInode];
      assert.deepEqual(offeredOn(api, 'namespaces', kept), {
        ...enter,
        menu: [
          COMMANDS.openNetworkTerminal,
          COMMANDS.openNamespaceTerminal,
          COMMANDS.inspect,
          COMMANDS.copyCommand,
          ...copy,
        ],
      });
      const listed = nets().find(({ label }) => label === `net:[${own}]`);
      assert.ok(listed);
      assert.deepEqual(offeredOn(api, 'namespaces', listed), {
        ...enter,
        menu: [
          COMMANDS.openNetworkTerminal,
          COMMANDS.openNamespaceTerminal,
          COMMANDS.inspect,
          COMMANDS.reveal,
          COMMANDS.copyCommand,
          ...copy,
          COMMANDS.copyPid,
        ],
      });
      const [host] = nets();
      assert.ok(host);
      assert.deepEqual(offeredOn(api, 'namespaces', host), {
        inline: [],
        menu: [COMMANDS.inspect, COMMANDS.copyInode],
      });
      const [member] = api.namespacesProvider.childrenOf(listed);
      assert.ok(member);
      assert.deepEqual(offeredOn(api, 'namespaces', member), {
        inline: [],
        menu: [COMMANDS.inspect, COMMANDS.reveal, COMMANDS.copyName, COMMANDS.copyPid],
      });
    } finally {
      await run('ip', ['netns', 'delete', name]);
    }
  });

  it('of the views’ title bars follow what can be done now', () => {
    const buttons = (view: View, ...set: (keyof typeof CONTEXT_KEYS)[]): string[] => {
      const keys = { ...keysWith(...set), view: VIEWS[view] };
      const shown = entriesOf('view/title').filter(
        ({ when, group }) => group.startsWith('navigation') && holds(when, keys),
      );
      return shown.sort((a, b) => (a.group < b.group ? -1 : 1)).map(({ command }) => command);
    };
    const { openSelectedTerminal, clearSelection, refresh, unlock, lock, filter, clearFilter } = COMMANDS;
    assert.deepEqual(buttons('containers'), [refresh, unlock, filter]);
    assert.deepEqual(buttons('containers', 'root'), [refresh, filter]);
    assert.deepEqual(buttons('containers', 'unlocked'), [refresh, lock, filter]);
    assert.deepEqual(buttons('containers', 'root', 'filtered', 'anyChecked'), [
      openSelectedTerminal,
      clearSelection,
      refresh,
      clearFilter,
    ]);
    assert.deepEqual(buttons('namespaces', 'filtered', 'anyChecked'), [refresh]);
  });

  it('of the command palette leave out what cannot be done now', () => {
    const leftOut = (...set: (keyof typeof CONTEXT_KEYS)[]): string[] => {
      const keys = keysWith(...set);
      const { commands, menus } = contributions();
      const whenOf = (id: string): string => menus.commandPalette.find(({ command }) => command === id)?.when ?? 'true';
      return commands
        .filter(({ command, enablement = 'true' }) => !holds(enablement, keys) || !holds(whenOf(command), keys))
        .map(({ command }) => command)
        .sort();
    };
    const { clearFilter, clearSelection, lock, unlock } = COMMANDS;
    const never = [COMMANDS.pickContainer, COMMANDS.openNamespaceTerminal, COMMANDS.toggleSelection];
    // As in a window where the extension was not needed yet.
    assert.deepEqual(leftOut(), [...never, lock, clearFilter, clearSelection].sort());
    assert.deepEqual(leftOut('filtered', 'anyChecked'), [...never, lock].sort());
    assert.deepEqual(leftOut('root'), [...never, lock, unlock, clearFilter, clearSelection].sort());
    assert.deepEqual(leftOut('unlocked'), [...never, unlock, clearFilter, clearSelection].sort());
  });

  it('and the texts of an empty view leave none without an explanation', () => {
    const { viewsWelcome } = contributions();
    const names = Object.keys(CONTEXT_KEYS) as (keyof typeof CONTEXT_KEYS)[];
    const sets = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_, bit) => (bits >> bit) & 1));
    for (const view of new Set(viewsWelcome.map((each) => each.view))) {
      const texts = viewsWelcome.filter((each) => each.view === view);
      for (const set of sets) {
        const shown = texts.filter(({ when = 'true' }) => holds(when, keysWith(...set)));
        assert.ok(shown.length > 0, `${view} is blank where these are set: ${set.join(', ')}`);
      }
    }
  });

  it('ask only for what somebody sets', () => {
    const clauses = clausesIn(extension().packageJSON);
    assert.ok(clauses.length > 20);
    for (const clause of clauses) assert.doesNotThrow(() => holds(clause, { ...keysWith(), ...OF_VSCODE }), clause);
  });
});
