// Asks an engine by HTTP, without TLS: GET and nothing else. Node speaks it itself; the usual client of Docker's API would
// block the extension host for 8 ms while it loads, and be as large as all the rest.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type RequestOptions } from 'node:http';
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

/** Without the name, which only TLS needs, Node looks for one, and takes 4 ms to compile how an IP address is told from it. */
const AGENT_OPTIONS = { keepAlive: true, servername: '' };

export type GetText = (path: string, signal: AbortSignal) => Promise<string>;

/**
 * Runs `use`, the questions of which share connections, as many as are asked at once. They end with it: one that is kept would be
 * to an engine that may have been started again since.
 */
export async function withConnections<T>(
  connect: EngineAddress['connect'],
  use: (getText: GetText) => Promise<T>,
): Promise<T> {
  const agent = new Agent(AGENT_OPTIONS);
  try {
    return await use(async (path, signal) =>
      readText(await answerTo({ ...connect, path, signal, agent }), LONGEST_ANSWER),
    );
  } finally {
    agent.destroy();
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
  return answerTo({ ...connect, path, signal, createConnection: () => socket });
}

async function answerTo(question: RequestOptions & { readonly signal: AbortSignal }): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(question, resolve);
    asked.on('error', reject);
    asked.end();
  });
  addAbortSignal(question.signal, answer);
  const { statusCode = 0 } = answer;
  if (statusCode === 200) return answer;
  throw new HttpError(statusCode, await readText(answer, LONGEST_REASON));
}

/** A connection of its own, in a turn of the event loop before the question: both at once would take long. */
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
