// Asks an engine by HTTP, without TLS: GET and nothing else. Node speaks it itself; the usual client of Docker's API would
// take 8 ms to load, and be as large as all the rest.
import { Agent, type IncomingMessage, request } from 'node:http';
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
const NAMELESS = { servername: '' };
/** A connection for each question. */
const AGENT = new Agent({ ...NAMELESS, keepAlive: false });

export type GetText = (path: string, signal: AbortSignal) => Promise<string>;

/**
 * Runs `use`, the questions of which share connections, as many as are asked at once. They end with it: one that is kept would be
 * to an engine that may have been started again since.
 */
export async function withConnections<T>(
  connect: EngineAddress['connect'],
  use: (getText: GetText) => Promise<T>,
): Promise<T> {
  const agent = new Agent({ ...NAMELESS, keepAlive: true });
  try {
    return await use((path, signal) => getText(connect, path, signal, agent));
  } finally {
    agent.destroy();
  }
}

/** The whole answer. `signal` ends the wait for it, whenever it comes. */
export async function getText(
  connect: EngineAddress['connect'],
  path: string,
  signal: AbortSignal,
  agent = AGENT,
): Promise<string> {
  return readText(await getStream(connect, path, signal, agent), LONGEST_ANSWER);
}

/** The answer as it comes, from when its first line is there, until `signal` ends it. */
export async function getStream(
  connect: EngineAddress['connect'],
  path: string,
  signal: AbortSignal,
  agent = AGENT,
): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ ...connect, path, signal, agent }, resolve);
    asked.on('error', reject);
    asked.end();
  });
  addAbortSignal(signal, answer);
  const { statusCode = 0 } = answer;
  if (statusCode === 200) return answer;
  throw new HttpError(statusCode, await readText(answer, LONGEST_REASON));
}

async function readText(answer: IncomingMessage, longest: number): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const piece of answer as AsyncIterable<string>) {
    text += piece;
    if (text.length > longest) throw new MalformedError('HTTP (length)');
  }
  return text;
}
