// "Run Task in Namespace…": any task that VS Code knows, run once in a container's network, with its own problem matchers.
import { l10n, ProcessExecution, ShellExecution, Task, tasks, TaskScope, window, type workspace } from 'vscode';
import { TASK_TYPE } from '../ids';
import type { LaunchServer } from '../launch/launchServer';
import type { Shell } from '../model/shell';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { tasksContainer, writtenTasks } from '../settings';
import type { Runtime } from '../shared/helperCommand';
import type { NamespaceTaskDefinition } from '../tasks/definition';
import { encodeFields } from '../tasks/fields';
import { referenceTo } from '../tasks/findContainer';
import { type Matchers, matchersOf, processInside, shellDefinition, shellInside } from '../tasks/insideTask';
import { withoutMarkdown } from '../terminal/tabText';
import { notWaitedFor, runFirst } from './runFirst';
import type { Rows, Targets } from './targets';

export class RunTask {
  constructor(
    private readonly targets: Pick<Targets, 'containers' | 'current'>,
    private readonly launches: Pick<LaunchServer, 'launcherArguments'>,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
    private readonly usualShell: () => Shell,
    private readonly workspaceState: Pick<typeof workspace, 'isTrusted'>,
  ) {}

  /** Asks for a task, and for a container where no row names one: that of its folder's builds first. */
  async run(...rows: Rows): Promise<void> {
    this.#refuseUntrusted();
    const title = l10n.t('Run Task in Namespace');
    const picked = await window.showQuickPick(this.#items(), {
      title,
      placeHolder: l10n.t('Task'),
      matchOnDescription: true,
    });
    if (!picked) return;
    const { scope } = picked.task;
    const usual = typeof scope === 'object' ? tasksContainer(scope) : undefined;
    const [container] = await this.targets.containers(rows, title, usual);
    if (!container) return;
    const reference = referenceTo(await this.targets.current(), container);
    await this.start(picked.task, reference, container.name);
  }

  /** Runs `task` inside, behind those that it depends on. */
  async start(task: Task, reference: string, name: string): Promise<void> {
    const inside = await this.inside(task, reference, name);
    await runFirst(task);
    await tasks.executeTask(inside);
  }

  /** `task` as one that runs in the network of the container that `reference` finds. */
  async inside(task: Task, reference: string, name: string): Promise<Task> {
    this.#refuseUntrusted();
    const { execution } = task;
    const launcher = [this.launcherPath, ...(await this.launches.launcherArguments()), '--task'];
    if (execution instanceof ProcessExecution) {
      const definition = processInside(reference, execution);
      const { execPath } = this.runtime();
      const args = [...launcher, ...encodeFields(definition)];
      const inside = new ProcessExecution(execPath, args, this.#options(execution));
      return copyOf(task, name, { ...definition, ...surroundings(execution) }, inside);
    }
    if (execution instanceof ShellExecution) {
      const options = {
        ...execution.options,
        ...this.#options(execution),
        executable: this.runtime().execPath,
        shellArgs: [...launcher, ...encodeFields(shellInside(reference, execution, this.usualShell())), '--'],
      };
      const definition = { ...shellDefinition(reference, execution), ...surroundings(execution) };
      return copyOf(task, name, definition, shellExecution(execution, options));
    }
    throw new UserError(
      execution
        ? l10n.t(
            '{0} runs inside VS Code itself, as code of an extension: there is no command to run elsewhere.',
            plain(task.name, 100),
          )
        : l10n.t('{0} only starts other tasks: there is no command to run elsewhere.', plain(task.name, 100)),
    );
  }

  async #items(): Promise<{ label: string; description: string; detail: string; task: Task }[]> {
    const all = await tasks.fetchTasks();
    return all
      .filter(({ definition }) => definition.type !== TASK_TYPE)
      .map((task) => {
        const folder = typeof task.scope === 'object' ? task.scope.name : undefined;
        const description = [task.source, folder].filter((part) => part !== undefined).join(' · ');
        return {
          label: plain(task.name, 100),
          description: plain(description, 100),
          detail: differences(task, all).join(' · '),
          task,
        };
      });
  }

  #options({ options }: ProcessExecution | ShellExecution): { cwd?: string; env?: Record<string, string> } {
    const electron = this.runtime().electron;
    return {
      ...(options?.cwd !== undefined && { cwd: options.cwd }),
      env: { ...options?.env, ...(electron && { ELECTRON_RUN_AS_NODE: '1' }) },
    };
  }

  #refuseUntrusted(): void {
    if (!this.workspaceState.isTrusted)
      throw new UserError(l10n.t('This workspace is not trusted, so its tasks are not run.'));
  }
}

function shellExecution(original: ShellExecution, options: ShellExecution['options'] & object): ShellExecution {
  const { command, commandLine, args } = original;
  if (commandLine !== undefined) return new ShellExecution(commandLine, options);
  return new ShellExecution(command ?? '', [...(args ?? [])], options);
}

/** As a definition has them. */
function surroundings({ options }: ProcessExecution | ShellExecution): Pick<NamespaceTaskDefinition, 'cwd' | 'env'> {
  return { ...(options?.cwd && { cwd: options.cwd }), ...(options?.env && { env: options.env }) };
}

function matchers(task: Task): Matchers {
  return matchersOf(task.name, writtenTasks(typeof task.scope === 'object' ? task.scope : undefined));
}

/** What will not be as when VS Code runs the task itself. */
function differences(task: Task, known: readonly Task[]): string[] {
  const ready = notWaitedFor(task, known).map(({ name }) =>
    l10n.t('starts {0} without waiting until it is ready, which only VS Code is told', plain(name, 100)),
  );
  return matchers(task).writtenOut
    ? [l10n.t('without its problem matcher, which is defined inline in tasks.json; only named ones are kept'), ...ready]
    : ready;
}

function copyOf(task: Task, container: string, definition: object, execution: ProcessExecution | ShellExecution): Task {
  const copy = new Task(
    { type: TASK_TYPE, ...definition },
    task.scope ?? TaskScope.Workspace,
    l10n.t('{0} in {1}', task.name, withoutMarkdown(plain(container, 80))),
    task.source,
    execution,
    [...new Set([...task.problemMatchers, ...matchers(task).named])],
  );
  copy.isBackground = task.isBackground;
  if (task.group) copy.group = task.group;
  copy.presentationOptions = task.presentationOptions;
  copy.runOptions = task.runOptions;
  return copy;
}
