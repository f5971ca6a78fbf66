// What went wrong between us and an engine, in plain words.
import * as v from 'valibot';
import { t } from '../../l10n';
import { messageOf } from '../../model/messageOf';
import { describeIssue } from '../issue';

/** What somebody answered is not what the protocol says. The message names the part, not for people. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

export class ClosedError extends Error {
  override readonly name = 'ClosedError';
  readonly code = 'ECONNRESET';
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** No socket, or one that a stopped engine left behind. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error) ?? '');
}

export function explain(error: unknown, timeoutMs: number): string {
  if (v.isValiError(error)) return t('its answer was not understood: {0}', describeIssue(error.issues[0]));
  if (error instanceof MalformedError) return t('its answer was not understood: {0}', error.message);
  const code = codeOf(error);
  if (code === 'ENOENT') return t('there is no such socket');
  if (code === 'ECONNREFUSED') return t('no engine listens there');
  if (code === 'EACCES' || code === 'EPERM') return t('permission denied: you are not allowed to use its socket');
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return t('no answer within {0} s', timeoutMs / 1000);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return t('it closed the connection');
  if (code?.startsWith('HPE_')) return t('what answers there does not speak HTTP');
  if (code?.startsWith('ERR_HTTP2')) return t('what answers there does not speak gRPC');
  return messageOf(error);
}
