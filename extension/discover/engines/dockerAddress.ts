// Where Docker's API is: the setting, or DOCKER_HOST, or the first of the usual sockets. Only on this machine, because
// the pid of a container elsewhere would here be some other process.
import { accessSync, constants, existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

export interface DockerAddress {
  /** For messages: as it was written. */
  readonly text: string;
  readonly connect: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** Somebody named it, so its absence is worth a word. */
  readonly explicit: boolean;
}

/** Null where nobody named one and no usual socket is there. Throws with one line where the name cannot be used. */
export function findDocker(setting: string | undefined, env: NodeJS.ProcessEnv): DockerAddress | null {
  if (setting) return { ...parseAddress(setting), explicit: true };
  if (env['DOCKER_HOST']) return { ...parseAddress(env['DOCKER_HOST']), explicit: true };
  const path = usualSocket(env['XDG_RUNTIME_DIR']);
  return path === null ? null : { text: path, connect: { socketPath: path }, explicit: false };
}

/** One that may be used comes before one that is only there: the user's own engine may run beside root's. */
function usualSocket(runtimeFolder: string | undefined): string | null {
  const own = runtimeFolder ? [join(runtimeFolder, 'docker.sock')] : [];
  const sockets = ['/run/docker.sock', '/var/run/docker.sock', ...own].filter((path) => existsSync(path));
  return sockets.find(mayUse) ?? sockets[0] ?? null;
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function parseAddress(text: string): Omit<DockerAddress, 'explicit'> {
  const path = text.startsWith('unix://') ? text.slice('unix://'.length) : text;
  if (isAbsolute(path)) return { text, connect: { socketPath: path } };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'tcp:' && url?.protocol !== 'http:') {
    throw new Error(`Docker's address ${text} cannot be used: it takes unix:///PATH or tcp://127.0.0.1:PORT`);
  }
  if (!['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new Error(`Docker at ${text} is on another machine: its containers cannot be entered from here`);
  }
  // Docker's port for plain HTTP, where the address leaves it out.
  return { text, connect: { host: url.hostname.replace(/[[\]]/g, ''), port: Number(url.port) || 2375 } };
}
