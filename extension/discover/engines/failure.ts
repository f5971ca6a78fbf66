// What went wrong between us and an engine, in plain words.
import * as v from 'valibot';
import { describeIssue } from '../issue';

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The HTTP status of an answer that dockerode took for a failure. */
export function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : null;
}

/** No socket, or one that a stopped engine left behind. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error) ?? '');
}

export function explain(error: unknown, timeoutMs: number): string {
  if (v.isValiError(error)) return `its answer was not understood: ${describeIssue(error.issues[0])}`;
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'no engine listens there';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied: your user may not use its socket';
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return `no answer within ${timeoutMs / 1000} s`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'it closed the connection';
  if (code?.startsWith('HPE_')) return 'what answers there does not speak HTTP';
  return error instanceof Error ? error.message : String(error);
}
