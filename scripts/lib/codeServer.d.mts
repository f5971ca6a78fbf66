// Types of codeServer.mjs.
export const OLDEST_CODE_SERVER: string;
export const CODE_SERVER_VERSION: string;
export function cacheFolder(): string;
export function pinnedCodeServer(): string[];

export interface EditorOptions {
  /** An existing folder that takes all of the editor's state. Short: Unix sockets are made in it. */
  dir: string;
  command: readonly string[];
  settings?: Record<string, unknown>;
  /** Runs as this user; needs root. */
  user?: string;
  env?: NodeJS.ProcessEnv;
  flags?: readonly string[];
}

export interface CodeServer {
  url: string;
  password: string;
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

export function startCodeServer(options: EditorOptions): Promise<CodeServer>;

export function prepareEditor(
  dir: string,
  options?: { settings?: Record<string, unknown>; user?: string },
): Promise<string[]>;

export function installVsix(
  command: readonly string[],
  folders: readonly string[],
  vsix: string,
  options?: { user?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<void>;
