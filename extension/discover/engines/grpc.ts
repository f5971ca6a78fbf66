// Calls of gRPC without TLS: one message out, one message in (grpc/doc/PROTOCOL-HTTP2.md). Node speaks HTTP/2 itself;
// the usual library would take 40 ms to load, and be larger than all the rest.
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { createConnection } from 'node:net';
import type { EngineAddress } from './engine';
import { ClosedError, MalformedError } from './failure';

/** A container runtime's own limit for what it sends. */
const LONGEST_ANSWER = 16 << 20;
/** Of a message: whether it is compressed, which nobody does unasked, and its length. */
const PREFIX = 5;

/** The other side's own refusal. `status` is gRPC's (grpc/doc/statuscodes.md). */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const UNIMPLEMENTED = 12;

export type Call = (path: string, message: Buffer) => Promise<Buffer>;

/** Runs `use` with one connection, which ends with it, or when `signal` says so. */
export async function withGrpc<T>(
  connect: EngineAddress['connect'],
  signal: AbortSignal,
  use: (call: Call) => Promise<T>,
): Promise<T> {
  // Not before the first socket is found: it takes a few milliseconds.
  const http2 = await import('node:http2');
  const options = 'socketPath' in connect ? { path: connect.socketPath } : connect;
  const session = http2.connect('http://localhost', { createConnection: () => createConnection(options) });
  const failed = new Promise<never>((_, reject) => {
    session.on('error', reject);
    session.on('close', () => {
      reject(new ClosedError());
    });
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  try {
    return await Promise.race([use((path, message) => callOnce(session, path, message)), failed]);
  } finally {
    session.destroy();
  }
}

function callOnce(session: ClientHttp2Session, path: string, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const pieces: Buffer[] = [];
    let length = 0;
    let status: IncomingHttpHeaders = {};
    // A call that fails at once has its status among the headers.
    const takeStatus = (headers: IncomingHttpHeaders): void => {
      if (headers['grpc-status'] !== undefined) status = headers;
    };
    stream.on('response', takeStatus);
    stream.on('trailers', takeStatus);
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > PREFIX + LONGEST_ANSWER) stream.destroy(new MalformedError('gRPC (length)'));
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (session.destroyed) {
        reject(new ClosedError());
        return;
      }
      try {
        resolve(messageIn(Buffer.concat(pieces), status));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    stream.end(Buffer.concat([Buffer.from([0]), lengthOf(message), message]));
  });
}

function messageIn(body: Buffer, status: IncomingHttpHeaders): Buffer {
  const code = Number(status['grpc-status'] ?? 2);
  if (code !== 0) throw new GrpcError(code, textOf(status['grpc-message']) || `gRPC ${code}`);
  if (body.length < PREFIX || body[0] !== 0 || body.readUInt32BE(1) !== body.length - PREFIX) {
    throw new MalformedError('gRPC (message)');
  }
  return body.subarray(PREFIX);
}

function textOf(header: string | string[] | undefined): string {
  const text = String(header ?? '');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function lengthOf(message: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(message.length);
  return bytes;
}
