// Asks an engine by HTTP, without TLS: GET and nothing else. Node speaks it itself; the usual client of Docker's API would
// block the extension host for 8 ms while it loads, and be as large as all the rest.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { t } from '../../l10n';
import type { EngineAddress } from './engine';
import { MalformedError } from './failure';

/** In characters. Ten thousand containers with long labels are less. */
const LONGEST_ANSWER = 64 << 20;
/** Of an engine's own words about a failure. */
const LONGEST_REASON = 4096;

/** The engine answered, but not with what it was asked for. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly status: number,
    reason: string,
  ) {
    super(t('HTTP code {0}: {1}', status, reason));
  }
}

/** The whole answer. `signal` ends the wait for it, whenever it comes. */
export async function getText(connect: EngineAddress['connect'], path: string, signal: AbortSignal): Promise<string> {
  return readText(await getStream(connect, path, signal), LONGEST_ANSWER);
}

/** The same in the pieces in which it comes: of a long answer only what is needed has to be kept. */
export async function* getPieces(
  connect: EngineAddress['connect'],
  path: string,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  yield* readPieces(await getStream(connect, path, signal), LONGEST_ANSWER);
}

/** The answer as it comes, from when its first line is there, until `signal` ends it. */
export async function getStream(
  connect: EngineAddress['connect'],
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const socket = await connected(connect, signal);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ ...connect, path, signal, createConnection: () => socket }, resolve);
    asked.on('error', reject);
    asked.end();
  });
  addAbortSignal(signal, answer);
  const { statusCode = 0 } = answer;
  if (statusCode === 200) return answer;
  throw new HttpError(statusCode, await readText(answer, LONGEST_REASON));
}

/** A connection for each question: one that is kept would be to an engine that may have been started again since. */
async function connected(connect: EngineAddress['connect'], signal: AbortSignal): Promise<Socket> {
  const socket = createConnection('socketPath' in connect ? { path: connect.socketPath } : connect);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function readText(answer: IncomingMessage, longest: number): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of readPieces(answer, longest)) pieces.push(piece);
  return pieces.join('');
}

async function* readPieces(answer: IncomingMessage, longest: number): AsyncGenerator<string, undefined> {
  let length = 0;
  answer.setEncoding('utf8');
  for await (const piece of answer as AsyncIterable<string>) {
    length += piece.length;
    if (length > longest) throw new MalformedError('HTTP (length)');
    yield piece;
  }
}
