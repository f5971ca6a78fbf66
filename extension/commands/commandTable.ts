// Every command: its id, what it is called where it fails, and who carries it out. A failure is one message (report.ts),
// whichever command it was.
import { l10n, type LogOutputChannel } from 'vscode';
import { COMMANDS } from '../ids';
import { reportFailure } from '../report';
import type { BuildContainer } from './buildContainer';
import type { CopyCommands } from './copyCommands';
import type { InspectCommands } from './inspectCommands';
import type { OpenFileTree } from './openFileTree';
import { pickContainerCommand } from './pickContainerCommand';
import type { RunTask } from './runTask';
import type { Rows, Targets } from './targets';
import type { TerminalCommands } from './terminalCommands';
import type { UnlockCommands } from './unlockCommands';
import type { ViewCommands } from './viewCommands';

export interface CommandParts {
  readonly terminals: TerminalCommands;
  readonly fileTree: OpenFileTree;
  readonly copies: CopyCommands;
  readonly runTask: RunTask;
  readonly builds: BuildContainer;
  readonly targets: Targets;
  readonly inspects: InspectCommands;
  readonly lock: UnlockCommands;
  readonly views: ViewCommands;
  readonly log: LogOutputChannel;
}

type Id = (typeof COMMANDS)[keyof typeof COMMANDS];
type Command = readonly [title: string, action: (...rows: Rows) => unknown];

export type RunCommand = (id: Id, rows: Rows) => Promise<unknown>;

export function commandRunner(parts: CommandParts): RunCommand {
  const table = commandTable(parts);
  return async (id, rows) => {
    const [title, action] = table[id];
    try {
      return await action(...rows);
    } catch (error) {
      await reportFailure(parts.log, title, error);
      return undefined;
    }
  };
}

function commandTable(parts: CommandParts): Record<Id, Command> {
  const { terminals, fileTree, copies, runTask, builds, targets, inspects, lock, views, log } = parts;
  return {
    [COMMANDS.openNetworkTerminal]: [
      l10n.t('Open Terminal in Network Namespace'),
      (...rows) => terminals.openNetwork(...rows),
    ],
    [COMMANDS.openContainerTerminal]: [
      l10n.t('Open Terminal in Container'),
      (...rows) => terminals.openContainer(...rows),
    ],
    [COMMANDS.openNamespaceTerminal]: [
      l10n.t('Open Terminal in Namespace'),
      (...rows) => terminals.openNamespace(...rows),
    ],
    [COMMANDS.openSelectedTerminal]: [l10n.t('Open Terminal in Selected Namespaces'), () => terminals.openSelected()],
    [COMMANDS.openPresetTerminal]: [l10n.t('Open Terminal with Preset'), (...rows) => terminals.openPreset(...rows)],
    [COMMANDS.openNewTerminal]: [l10n.t('Open Terminal in New Namespaces'), () => terminals.openNew()],
    [COMMANDS.openFileTree]: [l10n.t('Open File Tree Root in Terminal'), (...rows) => fileTree.open(...rows)],
    [COMMANDS.copyCommand]: [l10n.t('Copy as Command'), (...rows) => copies.copyCommand(...rows)],
    [COMMANDS.copyPath]: [l10n.t('Copy Namespace Path'), (...rows) => copies.copyPath(...rows)],
    [COMMANDS.copyName]: [l10n.t('Copy Name'), (...rows) => copies.copyName(...rows)],
    [COMMANDS.copyId]: [l10n.t('Copy Container ID'), (...rows) => copies.copyId(...rows)],
    [COMMANDS.copyPid]: [l10n.t('Copy Process ID'), (...rows) => copies.copyPid(...rows)],
    [COMMANDS.copyInode]: [l10n.t('Copy Inode Number'), (...rows) => copies.copyInode(...rows)],
    [COMMANDS.copyAddress]: [l10n.t('Copy Address'), (...rows) => copies.copyAddress(...rows)],
    [COMMANDS.runTask]: [l10n.t('Run Task in Namespace'), (...rows) => runTask.run(...rows)],
    [COMMANDS.buildContainer]: [l10n.t('Always Run Build Tasks in'), () => builds.choose()],
    [COMMANDS.pickContainer]: [l10n.t('Pick a Container for a Task'), () => pickContainerCommand(targets)],
    [COMMANDS.inspect]: [l10n.t('Inspect'), (...rows) => inspects.inspect(...rows)],
    [COMMANDS.diagnose]: [l10n.t('Diagnose'), () => inspects.diagnose()],
    [COMMANDS.unlock]: [l10n.t('Unlock'), () => lock.unlock()],
    [COMMANDS.lock]: [l10n.t('Lock'), () => lock.lock()],
    [COMMANDS.clearSelection]: [
      l10n.t('Clear Selection'),
      () => {
        views.clearSelection();
      },
    ],
    [COMMANDS.toggleSelection]: [
      l10n.t('Select or Deselect Namespace'),
      () => {
        views.toggleSelection();
      },
    ],
    [COMMANDS.filter]: [l10n.t('Filter Containers'), () => views.filter()],
    [COMMANDS.clearFilter]: [l10n.t('Clear Filter'), () => views.clearFilter()],
    [COMMANDS.groupBy]: [l10n.t('Group Containers'), () => views.groupBy()],
    [COMMANDS.sortBy]: [l10n.t('Sort Containers'), () => views.sortBy()],
    [COMMANDS.reveal]: [l10n.t('Show in Containers'), (...rows) => views.reveal(...rows)],
    [COMMANDS.refresh]: [l10n.t('Refresh'), () => views.refresh()],
    [COMMANDS.showLog]: [
      l10n.t('Show Log'),
      () => {
        log.show();
      },
    ],
  };
}
