// Why the scan does not run as root.
import { t } from '../l10n';
import type { ProcessEnd } from './lineProcess';

/** It ended before it told anything. */
export class UnlockError extends Error {
  override readonly name = 'UnlockError';
  constructor(readonly end: ProcessEnd) {
    super(t('The scan as root did not start: {0}', end.said || t('exit code {0}', String(end.code))));
  }
}

/** By its name: each bundle has a class of its own. */
export const isUnlockError = (error: unknown): error is UnlockError =>
  error instanceof Error && error.name === 'UnlockError';
