// What the launcher and the extension say to each other: one line of JSON each way over a socket of the user's own.
import * as v from 'valibot';

/** The launcher's question. `key` names what was prepared for it; `task` is a definition to resolve now. */
export const LaunchRequest = v.object({
  key: v.optional(v.string()),
  task: v.optional(v.unknown()),
  /** The launcher's working directory: that of the terminal or task. */
  directory: v.string(),
});
export type LaunchRequest = v.InferOutput<typeof LaunchRequest>;

/** The extension's answer: a program to become, and where to leave the environment for the helper first. */
export const LaunchAnswer = v.union([
  v.object({ command: v.string(), args: v.array(v.string()), envFile: v.nullable(v.string()) }),
  v.object({ error: v.string() }),
]);
export type LaunchAnswer = v.InferOutput<typeof LaunchAnswer>;
