// What askpass.js and the extension say to each other: one line of JSON each way.
import * as v from 'valibot';

export const AskpassQuestion = v.object({
  key: v.string(),
  /** As sudo or a PAM module words it, in the person's language. */
  prompt: v.string(),
});
export type AskpassQuestion = v.InferOutput<typeof AskpassQuestion>;

/** Null where the person would not say. */
export const AskpassAnswer = v.object({ password: v.nullable(v.string()) });
export type AskpassAnswer = v.InferOutput<typeof AskpassAnswer>;
