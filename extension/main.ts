// activate(): builds the parts in the order of the data's way and owns their disposables. Nothing is looked at or started
// before the view is seen, a command is run or a task is asked for.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { env, type ExtensionContext, l10n, type LogOutputChannel, tasks, Uri, window, workspace } from 'vscode';
import { nodeOptions, OWN_MOUNTS } from '../helper/protocol';
import { BuildContainer } from './commands/buildContainer';
import { registerCommands } from './commands/commandTable';
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
import { Inventory } from './discover/inventory';
import { Live } from './discover/live';
import { noteLog } from './discover/noteLog';
import type { UnlockOptions } from './discover/unlock';
import { TASK_TYPE, TERMINAL_PROFILE } from './ids';
import { DocumentProvider } from './inspect/documentProvider';
import { translateWith } from './l10n';
import { LaunchServer, type TaskResolver } from './launch/launchServer';
import { type Presets, readPresets } from './plan/presets';
import { reportFailure } from './report';
import { allOf, Checked } from './select/selection';
import { dockerHost, onDockerHostChange, presetsSetting, sudoPath, usualShell } from './settings';
import type { Runtime } from './shared/helperCommand';
import { DiagnosticsProvider } from './tasks/diagnosticsProvider';
import { NamespaceTaskProvider } from './tasks/namespaceTaskProvider';
import type { TaskContext } from './tasks/planTask';
import { SchemaProvider } from './tasks/schemaProvider';
import { taskResolver } from './tasks/startTask';
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
  const logError = errorsTo(log);
  const files = filesOf(context);
  const runtime = (): Runtime => runtimeWith(files.helper);

  // discover
  const live = new Live(() => discoverOptions(runtime()), logError);
  const inventory = new Inventory(live);
  inventory.onDidChange(
    noteLog((note) => {
      log.warn(note);
    }),
  );

  // tree, select
  const checked = new Checked();
  const provider = new ContainersProvider(inventory, checked, context.globalState);
  const namespacesProvider = new NamespacesProvider(inventory);
  const targets = new Targets(
    inventory,
    checked,
    (row) => namespacesProvider.now(provider.now(row)),
    () => [...provider.selection, ...namespacesProvider.selection],
  );
  const chooser = new PresetChooser(targets, presets, context.globalState, window);

  // launch
  launches = new LaunchServer(files.base, process.pid, env.language, resolverWith(inventory, runtime), logError);
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
  const documents = new DocumentProvider();
  const runTask = new RunTask(targets, launches, files.launcher, runtime, usualShell, workspace);
  const buildContainer = new BuildContainer(targets, workspace);
  const terminalCommands = new TerminalCommands(targets, terminals, chooser, runtime);
  const ends = new ExplainEnd(terminals, targets, runtime, (error) => reportFailure(log, l10n.t('Open Again'), error));
  const commands = registerCommands({
    terminals: terminalCommands,
    fileTree: new OpenFileTree(targets, runtime().uid, (container) => terminalCommands.enter(allOf(container))),
    copies: new CopyCommands(targets, runtime),
    runTask,
    builds: buildContainer,
    targets,
    inspects: new InspectCommands(targets, documents, runtime),
    lock: new UnlockCommands(live.scan, inventory, () => unlockOptions(files, runtime()), log),
    views: new ViewCommands(targets, provider, namespacesProvider, inventory),
    log,
  });
  const shellProfile = new ShellProfileProvider(chooser, terminals, (error) =>
    reportFailure(log, l10n.t('Namespace Shell'), error),
  );

  context.subscriptions.push(
    ...commands,
    window.registerTerminalProfileProvider(TERMINAL_PROFILE, shellProfile),
    window.registerFileDecorationProvider(new HostDecorationProvider()),
    tasks.registerTaskProvider(TASK_TYPE, taskProvider),
    new SchemaProvider(() => presets().presets),
    new DiagnosticsProvider(() => presets().presets),
    log,
    live,
    onDockerHostChange(() => {
      live.reconsider();
    }),
    provider,
    namespacesProvider,
    documents,
    terminals,
    buildContainer,
  );
  return { inventory, provider, namespacesProvider, runTask, buildContainer };
}

export async function deactivate(): Promise<void> {
  await launches?.dispose();
}

function errorsTo(log: LogOutputChannel): (what: string, error: unknown) => void {
  return (what, error) => {
    log.error(what, error instanceof Error ? error : String(error));
  };
}

/** Programs of ours, and where files of ours may be. */
type Files = Readonly<Record<'helper' | 'launcher' | 'askpass' | 'zsh' | 'base', string>>;

function filesOf(context: ExtensionContext): Files {
  return {
    helper: context.asAbsolutePath('dist/helper.js'),
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
