// activate(): registers what VS Code may call, and nothing else. What carries it out (parts.ts) is loaded when VS Code first
// calls any of it: a view that is opened, a command, tasks that are asked for. So is made what shows something by itself.
import { commands, type Disposable, type ExtensionContext, tasks, window, workspace } from 'vscode';
import { BuildContainerItem } from './commands/buildContainerItem';
import type { Rows } from './commands/targets';
import { COMMANDS, TASK_TYPE, TERMINAL_PROFILE, VIEWS } from './ids';
import { DocumentProvider } from './inspect/documentProvider';
import { type Parts, partsOf } from './parts';
import { DiagnosticsProvider } from './tasks/diagnosticsProvider';
import { SchemaProvider } from './tasks/schemaProvider';
import { ViewProvider } from './tree/viewProvider';

/** What activate() gives to tests of the extension in a real host. */
export interface Api {
  readonly parts: Parts;
  readonly buildContainer: BuildContainerItem;
}

/** What deactivate() waits for. */
const atEnd: (() => Promise<void>)[] = [];

export function activate(context: ExtensionContext): Api {
  const views = {
    containers: new ViewProvider(VIEWS.containers, async () => (await parts.view()).provider),
    namespaces: new ViewProvider(VIEWS.namespaces, async () => (await parts.view()).namespacesProvider),
  };
  const documents = new DocumentProvider();

  const owned = <T extends Disposable>(made: T): T => {
    context.subscriptions.push(made);
    return made;
  };
  const log = lazily(() => owned(window.createOutputChannel('Linux Namespaces', { log: true })));
  const buildContainer = lazily(() => owned(new BuildContainerItem(workspace)));
  const parts = partsOf({ context, views, documents, log, firstNeed: buildContainer, atEnd });

  context.subscriptions.push(
    views.containers,
    views.namespaces,
    documents,
    new SchemaProvider(parts.tasksFile),
    new DiagnosticsProvider(parts.tasksFile),
    ...Object.values(COMMANDS).map((id) =>
      commands.registerCommand(id, async (...rows: Rows) => (await parts.commands()).run(id, rows)),
    ),
    window.registerTerminalProfileProvider(TERMINAL_PROFILE, {
      provideTerminalProfile: async () => (await parts.terminals()).shellProfile.provideTerminalProfile(),
    }),
    tasks.registerTaskProvider(TASK_TYPE, {
      provideTasks: async () => (await parts.tasks()).taskProvider.provideTasks(),
      resolveTask: async (task) => (await parts.tasks()).taskProvider.resolveTask(task),
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
  await Promise.all(atEnd.map((end) => end()));
}

function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
