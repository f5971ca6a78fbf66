// Runs the tasks that another one depends on, as they are and before it. VS Code does so for a task of tasks.json, but not
// for a copy of it, and tells extensions nothing of them: what is written in tasks.json does. One in the background is
// started and not waited for, because only VS Code hears its problem matcher say that it is ready: its API for that is a
// proposed one, which no published extension may use. What a person picks from says so.
import { l10n, type Task, type TaskExecution, tasks } from 'vscode';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { writtenTasks } from '../settings';
import { dependenciesOf, type Dependency } from '../tasks/insideTask';

/** Fails where one of them does: `task` is not to be run then. */
export async function runFirst(task: Task): Promise<void> {
  if (dependencies(task).wanted.length > 0) await runAll(task, await tasks.fetchTasks(), []);
}

/** Those that `task` depends on, itself or by others, and that are started and not waited for; `known`: all tasks. */
export function notWaitedFor(task: Task, known: readonly Task[], above: readonly Task[] = []): Task[] {
  return dependencies(task).wanted.flatMap((dependency) => {
    const found = find(dependency, known, folderOf(task));
    if (!found || above.includes(found)) return [];
    if (found.execution) return found.isBackground ? [found] : [];
    return notWaitedFor(found, known, [...above, found]);
  });
}

const folderOf = ({ scope }: Task): string | undefined =>
  typeof scope === 'object' ? scope.uri.toString() : undefined;

function dependencies(task: Task): ReturnType<typeof dependenciesOf> {
  return dependenciesOf(task.name, writtenTasks(typeof task.scope === 'object' ? task.scope : undefined));
}

async function runAll(task: Task, known: readonly Task[], above: readonly Task[]): Promise<void> {
  const { wanted, inSequence } = dependencies(task);
  const runOne = async (dependency: Dependency): Promise<void> => {
    const found = find(dependency, known, folderOf(task));
    if (!found || above.includes(found))
      throw new UserError(l10n.t('{0} depends on a task that does not exist.', plain(task.name, 100)));
    // One that only starts others has nothing to run itself.
    if (!found.execution) return runAll(found, known, [...above, found]);
    if (!(await succeeds(found)))
      throw new UserError(l10n.t('{0} failed, so {1} was not run.', plain(found.name, 100), plain(task.name, 100)));
  };
  if (!inSequence) await Promise.all(wanted.map(runOne));
  else for (const dependency of wanted) await runOne(dependency);
}

/** Those of the same folder count for more. */
function find(dependency: Dependency, known: readonly Task[], folder: string | undefined): Task | undefined {
  const isMeant = ({ name, source, definition }: Task): boolean =>
    typeof dependency === 'string'
      ? dependency === name || dependency === `${source}: ${name}`
      : Object.entries(dependency).every(([key, value]) => definition[key] === value);
  const meant = known.filter(isMeant);
  return meant.find((task) => folderOf(task) === folder) ?? meant[0];
}

function succeeds(task: Task): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let execution: TaskExecution | undefined;
    let started = false;
    const isIt = (other: TaskExecution): boolean =>
      other === execution || (!execution && other.task.name === task.name);
    const end = (success: boolean): void => {
      for (const listener of listening) listener.dispose();
      resolve(success);
    };
    const listening = [
      tasks.onDidStartTaskProcess((event) => {
        if (!isIt(event.execution)) return;
        started = true;
        if (task.isBackground) end(true);
      }),
      tasks.onDidEndTaskProcess((event) => {
        if (isIt(event.execution)) end(event.exitCode === 0);
      }),
      // One that never had a process was ended before, or could not be started.
      tasks.onDidEndTask((event) => {
        if (isIt(event.execution) && !started) end(false);
      }),
    ];
    tasks.executeTask(task).then(
      (running) => {
        execution = running;
      },
      (error: unknown) => {
        for (const listener of listening) listener.dispose();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
