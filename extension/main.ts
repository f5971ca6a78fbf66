// activate(): builds the parts in the order of the data's way and owns their disposables. Nothing is looked at or started
// before the view is seen, a command is run or a task is asked for.
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { commands, env, type ExtensionContext, l10n, tasks, Uri, window, workspace } from 'vscode';
import { BuildContainer } from './commands/buildContainer';
import { CopyCommands } from './commands/copyCommands';
import { pickContainerCommand } from './commands/pickContainerCommand';
import { InspectCommands } from './commands/inspectCommands';
import { OpenFileTree } from './commands/openFileTree';
import { PresetChooser } from './commands/presetChooser';
import { RunTask } from './commands/runTask';
import { showWait } from './commands/showWait';
import { Targets } from './commands/targets';
import { TerminalCommands } from './commands/terminalCommands';
import { UnlockCommands } from './commands/unlockCommands';
import { ViewCommands } from './commands/viewCommands';
import { Inventory } from './discover/inventory';
import { Live } from './discover/live';
import { COMMANDS, TASK_TYPE, TERMINAL_PROFILE } from './ids';
import { DocumentProvider } from './inspect/documentProvider';
import { translateWith } from './l10n';
import { LaunchServer } from './launch/launchServer';
import { readPresets } from './plan/presets';
import type { Runtime } from './plan/sudoCommand';
import { reportFailure } from './report';
import { allOf, Checked } from './select/selection';
import { dockerHost, presetsSetting, sudoPath, usualShell } from './settings';
import { DiagnosticsProvider } from './tasks/diagnosticsProvider';
import { NamespaceTaskProvider } from './tasks/namespaceTaskProvider';
import type { TaskContext } from './tasks/planTask';
import { taskResolver } from './tasks/startTask';
import { ShellProfileProvider } from './terminal/shellProfileProvider';
import { Terminals } from './terminal/terminals';
import { ContainersProvider } from './tree/containersProvider';
import { HostDecorationProvider } from './tree/hostDecorationProvider';
import { NamespacesProvider } from './tree/namespacesProvider';

/** What activate() gives to tests of the extension in a real host. */
export interface Api {
  readonly inventory: Inventory;
  readonly provider: ContainersProvider;
  readonly namespacesProvider: NamespacesProvider;
  readonly runTask: RunTask;
  readonly buildContainer: BuildContainer;
}

let launches: LaunchServer | undefined;

export function activate(context: ExtensionContext): Api {
  translateWith((message, ...values) => l10n.t(message, ...values));
  const log = window.createOutputChannel('Linux Namespaces', { log: true });
  const logError = (what: string, error: unknown): void => {
    log.error(what, error instanceof Error ? error : String(error));
  };
  const helperPath = context.asAbsolutePath('dist/helper.js');
  const launcherPath = context.asAbsolutePath('dist/launcher.js');
  const runtime = (): Runtime => ({
    execPath: process.execPath,
    electron: 'electron' in process.versions,
    helperPath,
    uid: process.getuid?.() ?? 0,
    sudo: sudoPath(),
  });

  const privateBase = process.env['XDG_RUNTIME_DIR'] ?? tmpdir();

  const live = new Live(
    () => ({ execPath: process.execPath, helperPath, dockerHost: dockerHost(), env: process.env }),
    logError,
  );
  const inventory = new Inventory(live);
  const checked = new Checked();

  const taskContext = (): Omit<TaskContext, 'uid'> => ({
    shell: env.shell,
    preset: (name) => readPresets(presetsSetting()).presets.find((preset) => preset.name === name),
  });
  const resolveTask = taskResolver({
    inventory,
    isTrusted: () => workspace.isTrusted,
    runtime,
    context: taskContext,
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    showWait,
  });
  launches = new LaunchServer(privateBase, process.pid, env.language, resolveTask, logError);

  const provider = new ContainersProvider(inventory, checked, context.globalState);
  const namespacesProvider = new NamespacesProvider(inventory);
  const terminals = new Terminals(
    launches,
    launcherPath,
    runtime,
    Uri.joinPath(context.globalStorageUri, 'zsh').fsPath,
  );
  const targets = new Targets(inventory, checked, (row) => namespacesProvider.now(provider.now(row)));
  const chooser = new PresetChooser(targets, () => readPresets(presetsSetting()), context.globalState);
  const terminalCommands = new TerminalCommands(targets, terminals, chooser, runtime().uid);
  const copyCommands = new CopyCommands(targets, runtime);
  const taskProvider = new NamespaceTaskProvider(
    inventory,
    launches,
    launcherPath,
    runtime,
    taskContext,
    workspace,
    (text) => {
      log.info(text);
    },
    logError,
  );

  const register = (id: string, title: string, action: (...args: never[]) => Promise<unknown>): void => {
    context.subscriptions.push(
      commands.registerCommand(id, async (...args: never[]) => {
        try {
          return await action(...args);
        } catch (error) {
          await reportFailure(log, title, error);
          return undefined;
        }
      }),
    );
  };
  register(
    COMMANDS.openNetworkTerminal,
    l10n.t('Open Terminal in Network Namespace'),
    terminalCommands.openNetwork.bind(terminalCommands),
  );
  register(
    COMMANDS.openContainerTerminal,
    l10n.t('Open Terminal in Container'),
    terminalCommands.openContainer.bind(terminalCommands),
  );
  register(
    COMMANDS.openSelectedTerminal,
    l10n.t('Open Terminal in Selected Namespaces'),
    terminalCommands.openSelected.bind(terminalCommands),
  );
  register(
    COMMANDS.openPresetTerminal,
    l10n.t('Open Terminal with Preset'),
    terminalCommands.openPreset.bind(terminalCommands),
  );
  const shellProfile = new ShellProfileProvider(chooser, terminals, (error) =>
    reportFailure(log, l10n.t('Namespace Shell'), error),
  );
  context.subscriptions.push(window.registerTerminalProfileProvider(TERMINAL_PROFILE, shellProfile));
  register(COMMANDS.openNewTerminal, l10n.t('Open Terminal in New Namespaces'), () => terminalCommands.openNew());
  const openFileTree = new OpenFileTree(targets, runtime().uid, async (container) => {
    await terminals.open(allOf(container));
  });
  register(COMMANDS.openFileTree, l10n.t('Open File Tree Root in Terminal'), openFileTree.open.bind(openFileTree));
  register(COMMANDS.copyCommand, l10n.t('Copy as Command'), copyCommands.copyCommand.bind(copyCommands));
  register(COMMANDS.copyPath, l10n.t('Copy Namespace Path'), copyCommands.copyPath.bind(copyCommands));
  register(COMMANDS.copyPid, l10n.t('Copy Process ID'), copyCommands.copyPid.bind(copyCommands));
  register(COMMANDS.copyInode, l10n.t('Copy Inode Number'), copyCommands.copyInode.bind(copyCommands));
  register(COMMANDS.copyAddress, l10n.t('Copy Address'), copyCommands.copyAddress.bind(copyCommands));
  const runTask = new RunTask(targets, launches, launcherPath, runtime, usualShell, workspace);
  const buildContainer = new BuildContainer(targets, workspace);
  register(COMMANDS.runTask, l10n.t('Run Task in Namespace'), runTask.run.bind(runTask));
  register(COMMANDS.buildContainer, l10n.t('Always Run Build Tasks in'), () => buildContainer.choose());
  register(COMMANDS.pickContainer, l10n.t('Pick a Container for a Task'), () => pickContainerCommand(targets));
  const documents = new DocumentProvider();
  const inspectCommands = new InspectCommands(targets, documents, runtime);
  context.subscriptions.push(documents);
  register(COMMANDS.inspect, l10n.t('Inspect'), inspectCommands.inspect.bind(inspectCommands));
  register(COMMANDS.diagnose, l10n.t('Diagnose'), () => inspectCommands.diagnose());
  const unlockCommands = new UnlockCommands(
    live.scan,
    inventory,
    () => ({
      base: privateBase,
      pid: process.pid,
      execPath: process.execPath,
      askpassPath: context.asAbsolutePath('dist/askpass.js'),
      runtime: runtime(),
      env: process.env,
    }),
    log,
  );
  register(COMMANDS.unlock, l10n.t('Unlock'), () => unlockCommands.unlock());
  register(COMMANDS.lock, l10n.t('Lock'), () => unlockCommands.lock());
  const viewCommands = new ViewCommands(targets, provider, inventory);
  register(COMMANDS.filter, l10n.t('Filter Containers'), () => viewCommands.filter());
  register(COMMANDS.clearFilter, l10n.t('Clear Filter'), () => viewCommands.clearFilter());
  register(COMMANDS.groupBy, l10n.t('Group Containers'), () => viewCommands.groupBy());
  register(COMMANDS.sortBy, l10n.t('Sort Containers'), () => viewCommands.sortBy());
  register(COMMANDS.reveal, l10n.t('Show in Containers'), viewCommands.reveal.bind(viewCommands));
  context.subscriptions.push(namespacesProvider, window.registerFileDecorationProvider(new HostDecorationProvider()));
  register(COMMANDS.refresh, l10n.t('Refresh'), () => viewCommands.refresh());
  register(COMMANDS.showLog, l10n.t('Show Log'), () => {
    log.show();
    return Promise.resolve();
  });

  context.subscriptions.push(
    log,
    live,
    provider,
    terminals,
    buildContainer,
    new DiagnosticsProvider(() => readPresets(presetsSetting()).presets.map(({ name }) => name)),
    tasks.registerTaskProvider(TASK_TYPE, taskProvider),
  );
  return { inventory, provider, namespacesProvider, runTask, buildContainer };
}

export async function deactivate(): Promise<void> {
  await launches?.dispose();
}
