// Lines between two helpers, through a socket. Each may be killed at any moment: the other hears of that here, and it is no error.
import { readSync, writeSync } from 'node:fs';
import { errorCode } from '../errors';

/** Writes a line. False where the other side has ended; where it has not, it still lived at this moment. */
export function writeLine(socket: number, line: string): boolean {
  try {
    writeSync(socket, `${line}\n`);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EPIPE') return false;
    throw error;
  }
}

/** Waits for a line and returns it without its end. Null where the other side has ended before. */
export function readLine(socket: number): string | null {
  const byte = Buffer.alloc(1);
  let line = '';
  try {
    while (readSync(socket, byte) === 1) {
      if (byte[0] === 0x0a) return line;
      line += byte.toString('latin1');
    }
  } catch (error) {
    // It has ended without reading what was written to it.
    if (errorCode(error) !== 'ECONNRESET') throw error;
  }
  return null;
}
