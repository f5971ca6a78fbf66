// What tasks need, and what answers the launchers of tasks and terminals.
import { setTimeout as sleep } from 'node:timers/promises';
import { env, workspace } from 'vscode';
import { showWait } from '../commands/showWait';
import { CodeKeeper } from '../launch/codeKeeper';
import { LaunchServer } from '../launch/launchServer';
import type { Presets } from '../plan/presets';
import { readPresets } from '../plan/presetsSetting';
import { presetsSetting } from '../settings';
import type { Runtime } from '../shared/helperCommand';
import { NamespaceTaskProvider } from '../tasks/namespaceTaskProvider';
import type { TaskContext } from '../tasks/planTask';
import { taskResolver } from '../tasks/startTask';
import { errorsTo, filesOf, type Given, runtimeWith } from './given';
import type { ViewParts } from './view';

export { translateWith } from '../l10n';

export interface TaskParts {
  readonly presets: () => Presets;
  readonly launches: LaunchServer;
  readonly taskProvider: NamespaceTaskProvider;
}

export function makeParts({ context, log, atEnd }: Given, { inventory }: ViewParts): TaskParts {
  const files = filesOf(context);
  const runtime = (): Runtime => runtimeWith(files);
  const code = new CodeKeeper(runtime, (text) => {
    log().info(`Nothing compiled is kept for the helper: ${text}`);
  });
  const resolver = taskResolver({
    inventory,
    isTrusted: () => workspace.isTrusted,
    runtime,
    context: taskContext,
    pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    showWait,
  });
  const launches = new LaunchServer(files.base, process.pid, env.language, resolver, code, errorsTo(log()));
  const taskProvider = new NamespaceTaskProvider(
    inventory,
    launches,
    files.launcher,
    runtime,
    taskContext,
    workspace,
    log(),
  );
  context.subscriptions.push(code);
  atEnd.push(() => launches.dispose());
  return { presets, launches, taskProvider };
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
