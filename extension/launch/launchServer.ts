// Answers launchers: gives each the command line to become, made at the moment it starts. Listens on a socket in a folder
// that only the user can enter, and takes that folder away when disposed. No vscode.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { makePrivateFolder } from '../shared/privateFolder';
import type { CodeKeeper } from './codeKeeper';
import { type LaunchAnswer, LaunchRequest } from './protocol';

/** Makes the answer for a terminal that was prepared; called once. */
export type Prepared = (directory: string, envFile: string) => Promise<LaunchAnswer>;
/** Makes the answer for a task; called each time it starts, with the fields of its definition (tasks/fields.ts). */
export type TaskResolver = (fields: readonly string[], start: TaskSurroundings) => Promise<LaunchAnswer>;

export interface TaskSurroundings {
  /** The launcher's own. */
  readonly directory: string;
  /** A path that is free for its environment. */
  readonly envFile: string;
  /** Prints a line on the task's terminal. */
  readonly note: (text: string) => void;
  /** Aborted when the task has been ended. */
  readonly signal: AbortSignal;
}

interface Listening {
  folder: string;
  socketPath: string;
  server: Server;
}

const MAX_REQUEST = 1024 * 1024;
const MAX_MESSAGE = 2000;

export class LaunchServer {
  readonly #prepared = new Map<string, Prepared>();
  /** Why a launcher that was answered could not go on, by its key; null where it has not said so. */
  readonly #answered = new Map<string, string | null>();
  #listening: Promise<Listening> | null = null;

  /** `base` is a directory of the user's own or the common temporary one; `pid` this process; `language` the editor's. */
  constructor(
    private readonly base: string,
    private readonly pid: number,
    private readonly language: string,
    private readonly resolveTask: TaskResolver,
    private readonly code: Pick<CodeKeeper, 'soon'>,
    private readonly logError: (what: string, error: unknown) => void,
  ) {}

  /** Path of the socket; listening starts with the first call. Where it cannot, that is a UserError, and the next call tries. */
  async socketPath(): Promise<string> {
    this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#listening = null;
      throw new UserError(
        t(
          'Nothing can be started: the private folder that terminals and tasks need could not be created ({0}). Check that there is free space ("df -h", "df -i") and that you may write there, then try again.',
          messageOf(error),
        ),
        { cause: error },
      );
    });
    return (await this.#listening).socketPath;
  }

  /** A launcher's first arguments: where it asks, and in which language it speaks. */
  async launcherArguments(): Promise<[socketPath: string, language: string]> {
    return [await this.socketPath(), this.language];
  }

  /** Keeps `prepared` for the one launcher that brings the returned key. */
  prepare(prepared: Prepared): string {
    const key = randomUUID();
    this.#prepared.set(key, prepared);
    return key;
  }

  /** Why the launcher with this key could not go on; null where it did, or has not come. To be asked before forget(). */
  failureOf(key: string): string | null {
    return this.#answered.get(key) ?? null;
  }

  /**
   * Forgets what was prepared and never asked for, and an environment that no helper came to read: sudo had refused, and
   * that is what `true` means.
   */
  async forget(key: string): Promise<boolean> {
    this.#prepared.delete(key);
    this.#answered.delete(key);
    const listening = await this.#listening?.catch(() => null);
    if (!listening) return false;
    return rm(join(listening.folder, key)).then(
      () => true,
      () => false,
    );
  }

  async dispose(): Promise<void> {
    const listening = await this.#listening?.catch(() => null);
    this.#listening = null;
    if (!listening) return;
    listening.server.close();
    await rm(listening.folder, { recursive: true, force: true });
  }

  async #listen(): Promise<Listening> {
    const folder = await makePrivateFolder(this.base, this.pid);
    const socketPath = join(folder, 's');
    const server = createServer((socket) => {
      this.#serve(socket, folder).catch((error: unknown) => {
        this.logError('answering a launcher', error);
        socket.destroy();
      });
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(socketPath, resolve);
      });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    server.on('error', (error) => {
      this.logError('launch socket', error);
    });
    return { folder, socketPath, server };
  }

  async #serve(socket: Socket, folder: string): Promise<void> {
    socket.on('error', (error) => {
      this.logError('launcher', error);
    });
    const request = v.parse(LaunchRequest, JSON.parse(await readLine(socket)));
    const { key = '', failed } = request;
    if (failed !== undefined) {
      if (this.#answered.has(key)) this.#answered.set(key, plain(failed, MAX_MESSAGE));
      socket.end();
      return;
    }
    const gone = new AbortController();
    socket.on('close', () => {
      gone.abort();
    });
    const send = (message: LaunchAnswer): void => {
      if (!gone.signal.aborted) socket.write(`${JSON.stringify(message)}\n`);
    };
    const note = (text: string): void => {
      send({ note: plain(text, MAX_MESSAGE) });
    };
    const answer = await this.#answer(request, folder, note, gone.signal).catch((error: unknown): LaunchAnswer => {
      if (!gone.signal.aborted) this.logError('launch', error);
      // It is printed on a terminal, and may name a container.
      return { error: plain(messageOf(error), MAX_MESSAGE) };
    });
    send(answer);
    socket.end();
    if (!('error' in answer)) this.code.soon();
  }

  async #answer(
    { key, task = [], directory }: LaunchRequest,
    folder: string,
    note: (text: string) => void,
    signal: AbortSignal,
  ): Promise<LaunchAnswer> {
    if (key === undefined)
      return this.resolveTask(task, { directory, envFile: join(folder, randomUUID()), note, signal });
    const prepared = this.#prepared.get(key);
    this.#prepared.delete(key);
    // A terminal that VS Code revived: what it was for may have changed, so nothing is run unasked.
    if (!prepared)
      throw new UserError(t('this terminal was opened in an earlier session; open it again from the Namespaces view'));
    this.#answered.set(key, null);
    return prepared(directory, join(folder, key));
  }
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > MAX_REQUEST) reject(new Error('a launcher asked too much'));
    });
    socket.on('end', () => {
      reject(new Error('a launcher ended without asking'));
    });
    socket.on('close', () => {
      reject(new Error('a launcher went away'));
    });
  });
}
