// Every command, and what carries out those that open no terminal.
import { workspace } from 'vscode';
import { BuildContainer } from '../commands/buildContainer';
import { commandRunner, type RunCommand } from '../commands/commandTable';
import { CopyCommands } from '../commands/copyCommands';
import { InspectCommands } from '../commands/inspectCommands';
import { RunTask } from '../commands/runTask';
import { UnlockCommands } from '../commands/unlockCommands';
import { ViewCommands } from '../commands/viewCommands';
import type { UnlockOptions } from '../discover/unlock';
import { usualShell } from '../settings';
import type { Runtime } from '../shared/helperCommand';
import { type Files, filesOf, type Given, runtimeWith } from './given';
import type { TaskParts } from './tasks';
import type { TerminalParts } from './terminals';
import type { ViewParts } from './view';

export { translateWith } from '../l10n';

export interface CommandParts {
  readonly runTask: RunTask;
  readonly run: RunCommand;
}

export function makeParts(
  { context, documents, log }: Given,
  before: ViewParts & TaskParts & TerminalParts,
): CommandParts {
  const { discovery, inventory, provider, namespacesProvider, launches, targets, terminalCommands, fileTree } = before;
  const files = filesOf(context);
  const runtime = (): Runtime => runtimeWith(files);
  const runTask = new RunTask(targets, launches, files.launcher, runtime, usualShell, workspace);
  const run = commandRunner({
    terminals: terminalCommands,
    fileTree,
    copies: new CopyCommands(targets, runtime),
    runTask,
    builds: new BuildContainer(targets, workspace),
    targets,
    inspects: new InspectCommands(targets, documents, runtime),
    lock: new UnlockCommands(discovery, inventory, () => unlockOptions(files, runtime()), log()),
    views: new ViewCommands(targets, provider, namespacesProvider, inventory),
    log: log(),
  });
  return { runTask, run };
}

function unlockOptions({ base, askpass }: Files, runtime: Runtime): UnlockOptions {
  const { pid, execPath, env } = process;
  return { base, pid, execPath, askpassPath: askpass, runtime, env };
}
