// What a task's launcher is answered at the moment it starts: the container is looked up now, and waited for where the
// definition says so. No vscode.
import type { Inventory } from '../discover/inventory';
import { t } from '../l10n';
import { answerWith } from '../launch/answer';
import type { TaskResolver } from '../launch/launchServer';
import type { LaunchAnswer } from '../launch/protocol';
import { UserError } from '../model/userError';
import type { Runtime } from '../shared/helperCommand';
import { parseDefinition } from './definition';
import { decodeFields } from './fields';
import { describeChoice, NotRunning } from './findContainer';
import { planTask, type TaskContext, type TaskPlan } from './planTask';

export interface TaskStart {
  readonly inventory: Pick<Inventory, 'refresh'>;
  /** Of the user's own word: tasks of an untrusted workspace never run. */
  readonly isTrusted: () => boolean;
  readonly runtime: () => Runtime;
  readonly context: () => Omit<TaskContext, 'uid'>;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Shows the wait to the person, who may cancel it. Resolves and fails as `wait` does. */
  readonly showWait: <T>(title: string, wait: (cancelled: AbortSignal) => Promise<T>) => Promise<T>;
}

/** How often a container that is waited for is looked for. */
const LOOK_MS = 1000;

export function taskResolver(start: TaskStart): TaskResolver {
  return async (fields, { directory, envFile, note, signal }): Promise<LaunchAnswer> => {
    if (!start.isTrusted()) throw new UserError(t('this workspace is not trusted, so its tasks are not run'));
    const definition = parseDefinition(decodeFields(fields));
    const runtime = start.runtime();
    const context = { ...start.context(), uid: runtime.uid };
    const plan = async (): Promise<TaskPlan> => planTask(definition, await start.inventory.refresh(), context);

    const found = await plan().catch((error: unknown) => {
      const seconds = secondsOf(definition.waitFor);
      if (!(error instanceof NotRunning) || seconds <= 0) throw error;
      const what = describeChoice(definition);
      note(t('Waiting for {0} to start. Terminate this task to stop waiting.', what));
      return start.showWait(t('Waiting for {0} to start', what), (cancelled) =>
        untilRunning(plan, seconds, start.pause, AbortSignal.any([signal, cancelled])).catch((error: unknown) => {
          throw cancelled.aborted ? new UserError(t('the wait for {0} was cancelled', what)) : error;
        }),
      );
    });
    return answerWith(found.plan, runtime, found.directory ?? directory, envFile);
  };
}

function secondsOf(waitFor: boolean | number | undefined): number {
  if (typeof waitFor === 'number') return waitFor;
  return waitFor === true ? Infinity : 0;
}

/** Asks again and again while what is asked for is not running; any other failure ends it. */
async function untilRunning<T>(
  ask: () => Promise<T>,
  seconds: number,
  pause: TaskStart['pause'],
  signal: AbortSignal,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const left = end - performance.now();
    await pause(Math.max(0, Math.min(LOOK_MS, left)), signal);
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotRunning) || performance.now() >= end) throw error;
    }
  }
}
