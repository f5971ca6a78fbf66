// What valibot found wrong, on one line. It quotes strangers' data: fit for a screen only after model/text.ts.
import { getDotPath, type BaseIssue } from 'valibot';
import { t } from '../l10n';

/** `place`: where in the whole that was which is wrong. */
export function describeIssue(issue: BaseIssue<unknown>, place: string | null = null): string {
  const path = [place, getDotPath(issue)].filter((part) => part !== null).join('.');
  const { received, expected } = issue;
  // Valibot's own message is English. What is no JSON was not expected to be anything else: then V8 says what it came upon.
  const wrong = expected === null ? received : t('{0} instead of {1}', received, expected);
  return path === '' ? wrong : `${path}: ${wrong}`;
}
