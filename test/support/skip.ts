// Skips a test with a reason. The reason is printed and the skip counted; a skip without one counts as a failure.
import type { Context, Hook, Test } from 'mocha';

/** How a reason stands in a title. Every test file is bundled by itself, so the title is what they have in common. */
export const SKIP_REASON = /\[skipped: (.+)\]/;

/** To be called in a test or in a `before` hook, where it skips the whole block. */
export function skip(context: Context, reason: string): never {
  const runnable = context.runnable() as Hook | Test;
  const skipped = runnable.type === 'hook' && runnable.parent ? runnable.parent : runnable;
  skipped.title += ` [skipped: ${reason}]`;
  return context.skip();
}

/** The same where what the tests are about cannot be started: the last thing that its error says is the reason. */
export function skipWithout(context: Context, what: string, error: unknown): never {
  const said = error instanceof Error ? error.message : String(error);
  return skip(context, `${what} cannot start here: ${said.trim().split('\n').at(-1) ?? ''}`);
}
