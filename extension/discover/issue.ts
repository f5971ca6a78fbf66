// What valibot found wrong, on one line. It quotes strangers' data: fit for a screen only after model/text.ts.
import { getDotPath, type BaseIssue } from 'valibot';

export function describeIssue(issue: BaseIssue<unknown>): string {
  const path = getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
}
