// Lets one sudo ask the person for a password: makes what SUDO_ASKPASS names, and answers it over a private socket. The
// password goes from the question's answer to that socket and nowhere else. No vscode.
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { makePrivateFolder } from '../shared/privateFolder';
import { type AskpassAnswer, AskpassQuestion } from './askpassMessages';

/** Resolves with the password, or undefined where the person would not say. `signal` tells that nobody waits any more. */
export type AskPerson = (prompt: string, signal: AbortSignal) => Promise<string | undefined>;

export interface AskpassOptions {
  readonly base: string;
  readonly pid: number;
  /** The runtime and the bundle of askpass.ts. */
  readonly execPath: string;
  readonly askpassPath: string;
}

export interface AskpassServer {
  /** For sudo's environment. */
  readonly env: Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

/** sudo takes one path without arguments, so what is to be run comes by the environment: no data stands in this script. */
const LAUNCHER = `#!/bin/sh
unset NODE_OPTIONS
ELECTRON_RUN_AS_NODE=1 exec "$NS_ASKPASS_NODE" -- "$NS_ASKPASS_SCRIPT" "=$1"
`;
const LONGEST_QUESTION = 64 * 1024;

export async function serveAskpass(options: AskpassOptions, ask: AskPerson): Promise<AskpassServer> {
  const folder = await makePrivateFolder(options.base, options.pid);
  const [launcher, socketPath, key] = [join(folder, 'askpass'), join(folder, 'a'), randomUUID()];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    answer(socket, key, ask);
  });
  const dispose = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeFile(launcher, LAUNCHER, { mode: 0o700, flag: 'wx' });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  const env = {
    SUDO_ASKPASS: launcher,
    NS_ASKPASS_NODE: options.execPath,
    NS_ASKPASS_SCRIPT: options.askpassPath,
    NS_ASKPASS_SOCKET: socketPath,
    NS_ASKPASS_KEY: key,
  };
  return { env, dispose };
}

/** Whoever does not bring the key, or talks nonsense, gets no answer. */
function answer(socket: Socket, key: string, ask: AskPerson): void {
  const gone = new AbortController();
  socket.on('close', () => {
    gone.abort();
  });
  // The close follows.
  socket.on('error', () => undefined);
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (!text.includes('\n')) {
      if (text.length > LONGEST_QUESTION) socket.destroy();
      return;
    }
    socket.removeAllListeners('data');
    const question = v.safeParse(v.pipe(v.string(), v.parseJson(), AskpassQuestion), text);
    if (!question.success || question.output.key !== key) {
      socket.destroy();
      return;
    }
    ask(question.output.prompt, gone.signal).then(
      (password) => {
        const said: AskpassAnswer = { password: password ?? null };
        socket.end(`${JSON.stringify(said)}\n`);
      },
      () => socket.destroy(),
    );
    socket.resume();
  });
}
