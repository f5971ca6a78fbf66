// activate(): registers what VS Code may call, and nothing else. What carries it out (parts.ts) is loaded when VS Code first
// calls any of it: a view that is opened, a command, tasks that are asked for. So is made what shows something by itself.
import { commands, type Disposable, type ExtensionContext, l10n, tasks, window, workspace } from 'vscode';
import { BuildContainerItem } from './commands/buildContainerItem';
import type { Rows } from './commands/targets';
import { COMMANDS, TASK_TYPE, TERMINAL_PROFILE, VIEWS } from './ids';
import { DocumentProvider } from './inspect/documentProvider';
import type { LaunchServer } from './launch/launchServer';
import type { Parts } from './parts';
import { reportFailure } from './report';
import { DiagnosticsProvider } from './tasks/diagnosticsProvider';
import { SchemaProvider } from './tasks/schemaProvider';
import { ViewProvider } from './tree/viewProvider';

/** What activate() gives to tests of the extension in a real host. */
export interface Api {
  readonly parts: () => Promise<Parts>;
  readonly buildContainer: BuildContainerItem;
}

let launches: LaunchServer | undefined;

export function activate(context: ExtensionContext): Api {
  const views = {
    containers: new ViewProvider(VIEWS.containers, async () => (await parts()).provider),
    namespaces: new ViewProvider(VIEWS.namespaces, async () => (await parts()).namespacesProvider),
  };
  const documents = new DocumentProvider();

  const owned = <T extends Disposable>(made: T): T => {
    context.subscriptions.push(made);
    return made;
  };
  const log = lazily(() => owned(window.createOutputChannel('Linux Namespaces', { log: true })));
  const buildContainer = lazily(() => owned(new BuildContainerItem(workspace)));
  const tell = (error: unknown): Promise<void> => reportFailure(log(), l10n.t('Loading the extension'), error);
  const parts = once(async () => {
    const { makeParts } = await import('./parts');
    // Loading them keeps the event loop for long enough without building them.
    await nextTurn();
    buildContainer();
    const made = makeParts(context, log(), views, documents);
    launches = made.launches;
    return made;
  }, tell);
  const tasksFile = once(async () => {
    buildContainer();
    const loaded = await import('./tasks/tasksFile');
    loaded.translateWith((message, ...values) => l10n.t(message, ...values));
    return loaded;
  }, tell);

  context.subscriptions.push(
    views.containers,
    views.namespaces,
    documents,
    new SchemaProvider(tasksFile),
    new DiagnosticsProvider(tasksFile),
    ...Object.values(COMMANDS).map((id) =>
      commands.registerCommand(id, async (...rows: Rows) => (await parts()).run(id, rows)),
    ),
    window.registerTerminalProfileProvider(TERMINAL_PROFILE, {
      provideTerminalProfile: async () => (await parts()).shellProfile.provideTerminalProfile(),
    }),
    tasks.registerTaskProvider(TASK_TYPE, {
      provideTasks: async () => (await parts()).taskProvider.provideTasks(),
      resolveTask: async (task) => (await parts()).taskProvider.resolveTask(task),
    }),
  );
  return {
    parts,
    get buildContainer() {
      return buildContainer();
    },
  };
}

export async function deactivate(): Promise<void> {
  await launches?.dispose();
}

function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const nextTurn = (): Promise<void> => new Promise((turn) => setImmediate(turn));

/**
 * Loads at the first call, for all, in a turn of its own: that of the call may be that of activate(). A failure is told, and the
 * next call tries again.
 */
function once<T>(load: () => Promise<T>, tell: (error: unknown) => Promise<void>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () =>
    (loaded ??= nextTurn()
      .then(load)
      .catch((error: unknown) => {
        loaded = undefined;
        void tell(error);
        throw error;
      }));
}
