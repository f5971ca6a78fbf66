// What the launcher and the extension say to each other over a socket of the user's own, in lines of JSON: one question,
// then any number of notes, then the answer.
import * as v from 'valibot';

/** The launcher's question. `key` names what was prepared for it; `task` holds the fields of a definition to resolve now. */
export const LaunchRequest = v.object({
  key: v.optional(v.string()),
  task: v.optional(v.array(v.string())),
  /** Nothing is asked: why the launcher that brought `key` before cannot go on. Its terminal closes with its words. */
  failed: v.optional(v.string()),
  /** The launcher's working directory: that of the terminal or task. */
  directory: v.string(),
});
export type LaunchRequest = v.InferOutput<typeof LaunchRequest>;

/** The extension's answer: a program to become, and where to leave the environment for the helper first. */
export const LaunchAnswer = v.union([
  v.object({ command: v.string(), args: v.array(v.string()), envFile: v.nullable(v.string()) }),
  v.object({ error: v.string() }),
  /** Something to read while the answer takes its time. */
  v.object({ note: v.string() }),
]);
export type LaunchAnswer = v.InferOutput<typeof LaunchAnswer>;
