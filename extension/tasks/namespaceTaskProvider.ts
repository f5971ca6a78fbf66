// Offers a folder's builds in containers' networks, and resolves `namespace` tasks written by hand. Each task starts the
// launcher with its definition, so that the container is looked up by name whenever the task starts.
import {
  l10n,
  type LogOutputChannel,
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
import { EMPTY_SNAPSHOT } from '../model/container';
import { plain } from '../model/text';
import { tasksContainer } from '../settings';
import type { Runtime } from '../shared/helperCommand';
import { findBuilds } from './builds';
import { type NamespaceTaskDefinition, parseDefinition } from './definition';
import { encodeFields } from './fields';
import { chooseOffers, containersFor, type Offer } from './offers';
import { entersFiles, type TaskContext } from './planTask';

/** More would drown the other tasks in the picker; the setting names the container where there are more. */
const MAX_OFFERED = 100;

export class NamespaceTaskProvider implements TaskProvider {
  /** What the log was told last: VS Code asks again and again. */
  #told = '';

  constructor(
    private readonly inventory: Pick<Inventory, 'refresh'>,
    private readonly launches: Pick<LaunchServer, 'launcherArguments'>,
    private readonly launcherPath: string,
    private readonly runtime: () => Runtime,
    private readonly context: () => Pick<TaskContext, 'preset'>,
    private readonly workspaceState: Pick<typeof workspace, 'isTrusted' | 'workspaceFolders'>,
    private readonly log: Pick<LogOutputChannel, 'info' | 'error'>,
  ) {}

  async provideTasks(): Promise<Task[]> {
    if (!this.workspaceState.isTrusted) return [];
    const folders = await Promise.all(
      (this.workspaceState.workspaceFolders ?? []).map(async (folder) => ({
        folder,
        builds: await findBuilds(folder.uri.fsPath),
        wanted: tasksContainer(folder),
      })),
    );
    // The machine is looked at only where that can make a difference.
    const isOpen = folders.some(({ builds, wanted }) => builds.length > 0 && wanted === undefined);
    const snapshot = isOpen ? await this.inventory.refresh() : EMPTY_SNAPSHOT;
    const { offered, leftOut } = chooseOffers(
      folders.map(({ folder, builds, wanted }) => ({
        folder,
        builds,
        containers: wanted === undefined ? containersFor(folder.uri.fsPath, snapshot) : [wanted],
      })),
      MAX_OFFERED,
    );
    this.#tell(leftOut);
    return Promise.all(offered.map((offer) => this.#offer(offer)));
  }

  async resolveTask(task: Task): Promise<Task | undefined> {
    if (!this.workspaceState.isTrusted) return undefined;
    return this.#make(task.definition, task.scope ?? TaskScope.Workspace, task.name);
  }

  async #offer({ folder, container, build }: Offer<WorkspaceFolder>): Promise<Task> {
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

  #tell(leftOut: readonly Offer<WorkspaceFolder>[]): void {
    const names = leftOut.map(({ build, container }) => `${plain(build.name, 80)} in ${plain(container, 80)}`);
    const told = names.slice(0, MAX_OFFERED).join(', ');
    if (told !== '' && told !== this.#told)
      this.log.info(`${MAX_OFFERED} builds are offered as tasks, and ${names.length} more are not: ${told}`);
    this.#told = told;
  }

  async #make(definition: TaskDefinition, scope: NonNullable<Task['scope']>, name: string): Promise<Task> {
    const { execPath, electron } = this.runtime();
    const { cwd, env = {} } = this.#outside(definition);
    const asked = await this.launches.launcherArguments();
    const execution = new ProcessExecution(
      execPath,
      [this.launcherPath, ...asked, '--task', ...encodeFields(definition)],
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
      this.log.error('task', error instanceof Error ? error : String(error));
      return {};
    }
  }
}
