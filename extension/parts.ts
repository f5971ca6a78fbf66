// Everything that is not needed before VS Code calls us: builds the parts in the order of the data's way. Nothing is looked at
// or started before the view is seen, a command is run or a task is asked for.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { env, type ExtensionContext, l10n, type LogOutputChannel, Uri, window, workspace } from 'vscode';
import { nodeOptions, OWN_MOUNTS } from '../helper/protocol';
import { BuildContainer } from './commands/buildContainer';
import { commandRunner, type RunCommand } from './commands/commandTable';
import { CopyCommands } from './commands/copyCommands';
import { ExplainEnd } from './commands/explainEnd';
import { InspectCommands } from './commands/inspectCommands';
import { OpenFileTree } from './commands/openFileTree';
import { PresetChooser } from './commands/presetChooser';
import { RunTask } from './commands/runTask';
import { ShellProfileProvider } from './commands/shellProfileProvider';
import { showWait } from './commands/showWait';
import { Targets } from './commands/targets';
import { TerminalCommands } from './commands/terminalCommands';
import { UnlockCommands } from './commands/unlockCommands';
import { ViewCommands } from './commands/viewCommands';
import type { DiscoverOptions } from './discover/discover';
import { Discovery } from './discover/discovery';
import { Inventory } from './discover/inventory';

import { noteLog } from './discover/noteLog';
import type { UnlockOptions } from './discover/unlock';
import type { DocumentProvider } from './inspect/documentProvider';
import { translateWith } from './l10n';
import { CodeKeeper } from './launch/codeKeeper';
import { LaunchServer, type TaskResolver } from './launch/launchServer';
import { type Presets, readPresets } from './plan/presets';
import { reportFailure } from './report';
import { allOf, Checked } from './select/selection';
import { dockerHost, onDockerHostChange, presetsSetting, sudoPath, usualShell } from './settings';
import { nodeCommand, type Runtime } from './shared/helperCommand';
import { NamespaceTaskProvider } from './tasks/namespaceTaskProvider';
import type { TaskContext } from './tasks/planTask';
import { taskResolver } from './tasks/startTask';
import { Terminals } from './terminal/terminals';
import { ContainersProvider } from './tree/containersProvider';
import { HostDecorationProvider } from './tree/hostDecorationProvider';
import { NamespacesProvider } from './tree/namespacesProvider';
import type { View } from './tree/viewProvider';

/** What main.ts passes VS Code's calls on to, and what tests in a real host look at. */
export interface Parts {
  readonly inventory: Inventory;
  readonly provider: ContainersProvider;
  readonly namespacesProvider: NamespacesProvider;
  readonly runTask: RunTask;
  readonly taskProvider: NamespaceTaskProvider;
  readonly shellProfile: ShellProfileProvider;
  readonly run: RunCommand;
  readonly launches: LaunchServer;
}

/** What there is of them to be disposed of ends with the extension. */
export function makeParts(
  context: ExtensionContext,
  log: LogOutputChannel,
  views: Readonly<Record<'containers' | 'namespaces', View>>,
  documents: DocumentProvider,
): Parts {
  translateWith((message, ...values) => l10n.t(message, ...values));
  const logError = errorsTo(log);
  const files = filesOf(context);
  const runtime = (): Runtime => runtimeWith(files.helper);

  // discover
  const discovery = new Discovery(
    () => ({ ...nodeCommand(runtime(), files.discovery, [env.language]), env: process.env }),
    () => discoverOptions(runtime()),
    logError,
  );
  const inventory = new Inventory(discovery);
  inventory.onDidChange(
    noteLog((note) => {
      log.warn(note);
    }),
  );

  // tree, select
  const checked = new Checked();
  const provider = new ContainersProvider(inventory, views.containers, checked, context.globalState);
  const namespacesProvider = new NamespacesProvider(inventory, views.namespaces);
  const targets = new Targets(
    inventory,
    checked,
    (row) => namespacesProvider.now(provider.now(row)),
    () => [...provider.selection, ...namespacesProvider.selection],
  );
  const chooser = new PresetChooser(targets, presets, context.globalState, window);

  // launch
  const code = new CodeKeeper(runtime, (text) => {
    log.info(`Nothing compiled is kept for the helper: ${text}`);
  });
  const resolver = resolverWith(inventory, runtime);
  const launches = new LaunchServer(files.base, process.pid, env.language, resolver, code, logError);
  const terminals: Terminals = new Terminals(launches, files.launcher, runtime, files.zsh, (ended) =>
    ends.explain(ended),
  );
  const taskProvider = new NamespaceTaskProvider(
    inventory,
    launches,
    files.launcher,
    runtime,
    taskContext,
    workspace,
    log,
  );

  // what VS Code calls
  const runTask = new RunTask(targets, launches, files.launcher, runtime, usualShell, workspace);
  const terminalCommands = new TerminalCommands(targets, terminals, chooser, runtime);
  const ends = new ExplainEnd(terminals, targets, runtime, (error) => reportFailure(log, l10n.t('Open Again'), error));
  const run = commandRunner({
    terminals: terminalCommands,
    fileTree: new OpenFileTree(targets, runtime().uid, (container) => terminalCommands.enter(allOf(container))),
    copies: new CopyCommands(targets, runtime),
    runTask,
    builds: new BuildContainer(targets, workspace),
    targets,
    inspects: new InspectCommands(targets, documents, runtime),
    lock: new UnlockCommands(discovery, inventory, () => unlockOptions(files, runtime()), log),
    views: new ViewCommands(targets, provider, namespacesProvider, inventory),
    log,
  });
  const shellProfile = new ShellProfileProvider(chooser, terminals, (error) =>
    reportFailure(log, l10n.t('Namespace Shell'), error),
  );

  context.subscriptions.push(
    window.registerFileDecorationProvider(new HostDecorationProvider()),
    discovery,
    onDockerHostChange(() => {
      discovery.reconsider();
    }),
    provider,
    namespacesProvider,
    terminals,
    code,
  );
  return { inventory, provider, namespacesProvider, runTask, taskProvider, shellProfile, run, launches };
}

function errorsTo(log: LogOutputChannel): (what: string, error: unknown) => void {
  return (what, error) => {
    log.error(what, error instanceof Error ? error : String(error));
  };
}

/** Programs of ours, and where files of ours may be. */
type Files = Readonly<Record<'helper' | 'discovery' | 'launcher' | 'askpass' | 'zsh' | 'base', string>>;

function filesOf(context: ExtensionContext): Files {
  return {
    helper: context.asAbsolutePath('dist/helper.js'),
    discovery: context.asAbsolutePath('dist/discovery.js'),
    launcher: context.asAbsolutePath('dist/launcher.js'),
    askpass: context.asAbsolutePath('dist/askpass.js'),
    zsh: Uri.joinPath(context.globalStorageUri, 'zsh').fsPath,
    base: process.env['XDG_RUNTIME_DIR'] ?? tmpdir(),
  };
}

function runtimeWith(helperPath: string): Runtime {
  const electron = 'electron' in process.versions;
  return {
    execPath: process.execPath,
    electron,
    nodeOptions: electron ? [] : nodeOptions(),
    helperPath,
    uid: process.getuid?.() ?? 0,
    sudo: sudoPath(),
    // Looked for when a terminal or task needs it, not while the editor starts.
    get unshare() {
      return existsSync(OWN_MOUNTS.program);
    },
  };
}

function discoverOptions(runtime: Runtime): DiscoverOptions {
  return { runtime, dockerHost: dockerHost(), env: process.env };
}

function unlockOptions({ base, askpass }: Files, runtime: Runtime): UnlockOptions {
  const { pid, execPath, env } = process;
  return { base, pid, execPath, askpassPath: askpass, runtime, env };
}

function presets(): Presets {
  return readPresets(presetsSetting());
}

function taskContext(): Omit<TaskContext, 'uid'> {
  return {
    shell: env.shell,
    preset: (name) => presets().presets.find((preset) => preset.name === name),
  };
}

function resolverWith(inventory: Inventory, runtime: () => Runtime): TaskResolver {
  return taskResolver({
    inventory,
    isTrusted: () => workspace.isTrusted,
    runtime,
    context: taskContext,
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    showWait,
  });
}
