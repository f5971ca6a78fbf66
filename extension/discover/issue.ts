// What valibot found wrong, on one line. It quotes strangers' data: fit for a screen only after model/text.ts.
import { getDotPath, type BaseIssue } from 'valibot';

/** `place`: where in the whole that was which is wrong. */
export function describeIssue(issue: BaseIssue<unknown>, place: string | null = null): string {
  const path = [place, getDotPath(issue)].filter((part) => part !== null).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
