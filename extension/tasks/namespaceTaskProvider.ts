// Offers a folder's builds in containers' networks, and resolves `namespace` tasks written by hand. Each task starts the
// launcher with its definition, so that the container is looked up by name whenever the task starts.
import {
  l10n,
  ProcessExecution,
  Task,
  type TaskDefinition,
  TaskGroup,
  type TaskProvider,
  TaskScope,
  type workspace,
  type WorkspaceFolder,
} from 'vscode';
import type { Inventory } from '../discover/inventory';
import { TASK_TYPE } from '../ids';
import type { LaunchServer } from '../launch/launchServer';
import { plain } from '../model/text';
import type { Runtime } from '../plan/sudoCommand';
import { only } from '../select/selection';
import { tasksContainer } from '../settings';
import { type Build, findBuilds } from './builds';
import { type NamespaceTaskDefinition, parseDefinition } from './definition';
import { encodeFields } from './fields';
import { isRunning, referenceTo } from './findContainer';
import { entersFiles, type TaskContext } from './planTask';

/** More would drown the other tasks in the picker; the setting names the container where there are more. */
const MAX_OFFERED = 100;

export class NamespaceTaskProvider implements TaskProvider {
  constructor(
    private readonly inventory: Pick<Inventory, 'refresh'>,
    private readonly launches: Pick<LaunchServer, 'socketPath'>,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
    private readonly context: () => Pick<TaskContext, 'preset'>,
    private readonly window: Pick<typeof workspace, 'isTrusted' | 'workspaceFolders'>,
    private readonly logError: (what: string, error: unknown) => void,
  ) {}

  async provideTasks(): Promise<Task[]> {
    if (!this.window.isTrusted) return [];
    const tasks: Task[] = [];
    for (const folder of this.window.workspaceFolders ?? []) {
      const [builds, containers] = await Promise.all([findBuilds(folder.uri.fsPath), this.#containersFor(folder)]);
      for (const container of containers) {
        for (const build of builds) tasks.push(await this.#offer(folder, container, build));
      }
    }
    return tasks.slice(0, MAX_OFFERED);
  }

  async resolveTask(task: Task): Promise<Task | undefined> {
    if (!this.window.isTrusted) return undefined;
    return this.#make(task.definition, task.scope ?? TaskScope.Workspace, task.name);
  }

  /** Names of the containers in whose network a folder's builds are offered. */
  async #containersFor(folder: WorkspaceFolder): Promise<string[]> {
    const wanted = tasksContainer(folder);
    if (wanted !== undefined) return [wanted];
    const snapshot = await this.inventory.refresh();
    const withNet = snapshot.containers.filter(
      (container) => isRunning(container) && only(container, ['net']).length > 0,
    );
    // What cannot be called by its name is not offered: it would be another one after a restart.
    return withNet.filter((container) => referenceTo(snapshot, container) === container.name).map(({ name }) => name);
  }

  async #offer(folder: WorkspaceFolder, container: string, build: Build): Promise<Task> {
    const definition = {
      type: TASK_TYPE,
      container,
      namespaces: ['net'],
      command: build.command,
      args: [...build.args],
    };
    const task = await this.#make(definition, folder, l10n.t('{0} in {1}', build.name, plain(container, 80)));
    if (build.group !== null) task.group = build.group === 'build' ? TaskGroup.Build : TaskGroup.Test;
    return task;
  }

  async #make(definition: TaskDefinition, scope: NonNullable<Task['scope']>, name: string): Promise<Task> {
    const { execPath, electron } = this.runtime();
    const { cwd, env = {} } = this.#outside(definition);
    const socketPath = await this.launches.socketPath();
    const execution = new ProcessExecution(
      execPath,
      [this.launcherPath, socketPath, '--task', ...encodeFields(definition)],
      { ...(cwd !== undefined && { cwd }), env: { ...env, ...(electron && { ELECTRON_RUN_AS_NODE: '1' }) } },
    );
    return new Task(definition, scope, name, TASK_TYPE, execution);
  }

  /** Directory and variables that VS Code itself gives the task's process; of the container's files it knows nothing. */
  #outside(definition: TaskDefinition): Pick<NamespaceTaskDefinition, 'cwd' | 'env'> {
    try {
      const parsed = parseDefinition(definition);
      return entersFiles(parsed, this.context()) ? {} : parsed;
    } catch (error) {
      // The launcher says it in the task's own terminal when the task is run, unless a variable's value puts it right.
      this.logError('task', error);
      return {};
    }
  }
}
