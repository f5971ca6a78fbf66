// Offers a folder's builds in containers' networks, and resolves `namespace` tasks written by hand. Each task starts the
// launcher with its definition, so that the container is looked up by name whenever the task starts.
import {
  ProcessExecution,
  Task,
  type TaskDefinition,
  TaskGroup,
  type TaskProvider,
  TaskScope,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import type { Inventory } from '../discover/inventory';
import { TASK_TYPE } from '../ids';
import type { LaunchServer } from '../launch/launchServer';
import type { Runtime } from '../plan/sudoCommand';
import { only } from '../select/selection';
import { tasksContainer } from '../settings';
import { type Build, findBuilds } from './builds';
import { findContainer, parseDefinition } from './definition';

/** More would drown the other tasks in the picker; the setting names the container where there are more. */
const MAX_OFFERED = 100;

export class NamespaceTaskProvider implements TaskProvider {
  constructor(
    private readonly inventory: Inventory,
    private readonly launches: LaunchServer,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
    private readonly logError: (what: string, error: unknown) => void,
  ) {}

  async provideTasks(): Promise<Task[]> {
    if (!workspace.isTrusted) return [];
    const tasks: Task[] = [];
    for (const folder of workspace.workspaceFolders ?? []) {
      const [builds, containers] = await Promise.all([findBuilds(folder.uri.fsPath), this.#containersFor(folder)]);
      for (const container of containers) {
        for (const build of builds) tasks.push(await this.#offer(folder, container, build));
      }
    }
    return tasks.slice(0, MAX_OFFERED);
  }

  async resolveTask(task: Task): Promise<Task | undefined> {
    if (!workspace.isTrusted) return undefined;
    try {
      parseDefinition(task.definition);
    } catch (error) {
      // The launcher says it in the task's own terminal when the task is run.
      this.logError(task.name, error);
    }
    const scope = task.scope ?? TaskScope.Workspace;
    return this.#make(task.definition, scope, task.name);
  }

  /** Names of the containers in whose network a folder's builds are offered. */
  async #containersFor(folder: WorkspaceFolder): Promise<string[]> {
    const wanted = tasksContainer(folder);
    if (wanted !== undefined) return [wanted];
    const snapshot = await this.inventory.refresh();
    const withNet = snapshot.containers.filter((container) => only(container, ['net']).length > 0);
    return withNet
      .map((container) => container.name)
      .filter((name) => {
        try {
          findContainer(snapshot, name);
          return true;
        } catch {
          return false; // ambiguous: a task could not tell which is meant
        }
      });
  }

  async #offer(folder: WorkspaceFolder, container: string, build: Build): Promise<Task> {
    const definition = {
      type: TASK_TYPE,
      container,
      namespaces: ['net'],
      command: build.command,
      args: [...build.args],
    };
    const task = await this.#make(definition, folder, `${build.name} in ${container}`);
    if (build.group !== null) task.group = build.group === 'build' ? TaskGroup.Build : TaskGroup.Test;
    return task;
  }

  async #make(definition: TaskDefinition, scope: NonNullable<Task['scope']>, name: string): Promise<Task> {
    const { execPath, electron } = this.runtime();
    const socketPath = await this.launches.socketPath();
    const cwd: unknown = definition['cwd'];
    const execution = new ProcessExecution(
      execPath,
      [this.launcherPath, socketPath, '--task', JSON.stringify(definition)],
      {
        ...(typeof cwd === 'string' && { cwd }),
        ...(electron && { env: { ELECTRON_RUN_AS_NODE: '1' } }),
      },
    );
    return new Task(definition, scope, name, TASK_TYPE, execution);
  }
}
