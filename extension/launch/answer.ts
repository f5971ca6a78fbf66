// A plan becomes the launcher's answer: the program to become, and where to leave the environment. Pure.
import { type EnterPlan, helperArguments } from '../plan/enterPlan';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import type { LaunchAnswer } from './protocol';

/** `directory` is the launcher's own, `envFile` a path that is free for its environment. */
export function answerWith(plan: EnterPlan, runtime: Runtime, directory: string, envFile: string): LaunchAnswer {
  const keptFile = plan.keepEnvironment ? envFile : null;
  const { command, args } = helperCommand(runtime, helperArguments(plan, { directory, envFile: keptFile }), plan);
  return { command, args: [...args], envFile: keptFile };
}
