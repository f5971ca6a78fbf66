// activate(): registers what VS Code may call, and nothing else. What carries it out (parts.ts) is loaded when VS Code first
// calls any of it: a view that is opened, a command, tasks that are asked for. The log is made when something may be told.
import { commands, type ExtensionContext, l10n, tasks, window, workspace } from 'vscode';
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
  const buildContainer = new BuildContainerItem(workspace);

  const log = lazily(() => {
    const channel = window.createOutputChannel('Linux Namespaces', { log: true });
    context.subscriptions.push(channel);
    return channel;
  });
  const tell = (error: unknown): Promise<void> => reportFailure(log(), l10n.t('Loading the extension'), error);
  const parts = once(async () => {
    const { makeParts } = await import('./parts');
    // Loading them keeps the event loop for long enough without building them.
    await new Promise(setImmediate);
    const made = makeParts(context, log(), views, documents);
    launches = made.launches;
    return made;
  }, tell);
  const tasksFile = once(async () => {
    const loaded = await import('./tasks/tasksFile');
    loaded.translateWith((message, ...values) => l10n.t(message, ...values));
    return loaded;
  }, tell);

  context.subscriptions.push(
    views.containers,
    views.namespaces,
    documents,
    buildContainer,
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
  return { parts, buildContainer };
}

export async function deactivate(): Promise<void> {
  await launches?.dispose();
}

function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Loads at the first call, for all. A failure is told, and the next call tries again. */
function once<T>(load: () => Promise<T>, tell: (error: unknown) => Promise<void>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      void tell(error);
      throw error;
    }));
}
