// Where one engine's API is, from how people write it. Only on this machine, because the pid of a container elsewhere would
// here be some other process.
import { accessSync, constants, realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { t } from '../../l10n';
import type { EngineAddress, EngineKind } from './engine';

/** Throws with one line where the address cannot be used. */
export function parseAddress(kind: EngineKind, text: string): EngineAddress {
  const title = TITLES[kind];
  const path = text.startsWith('unix://') ? text.slice('unix://'.length) : text;
  if (isAbsolute(path)) return { kind, text, connect: { socketPath: path }, explicit: true };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'tcp:' && url?.protocol !== 'http:') {
    throw new Error(t('{0} address {1} cannot be used: it must be unix:///PATH or tcp://127.0.0.1:PORT', title, text));
  }
  if (!['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new Error(t('{0} at {1} is on another machine: its containers cannot be entered from here', title, text));
  }
  // Docker's port for plain HTTP, where the address leaves it out.
  const connect = { host: url.hostname.replace(/[[\]]/g, ''), port: Number(url.port) || 2375 };
  return { kind, text, connect, explicit: true };
}

export const TITLES: Readonly<Record<EngineKind, string>> = {
  docker: 'Docker',
  podman: 'Podman',
  kubernetes: 'Kubernetes',
};

/**
 * Those of the usual sockets that are there and may be used, or else the first that is there: it is worth a word that it may
 * not be used, but not where the user has an engine of their own beside it.
 */
export function usualSockets(
  kind: EngineKind,
  paths: readonly string[],
  mayUse: (path: string) => boolean = mayReadAndWrite,
): EngineAddress[] {
  const usable = usableSockets(kind, paths, mayUse);
  return usable.length > 0 ? usable : usableSockets(kind, paths, () => true).slice(0, 1);
}

export function usableSockets(
  kind: EngineKind,
  paths: readonly string[],
  mayUse: (path: string) => boolean = mayReadAndWrite,
): EngineAddress[] {
  const there = new Set(paths.flatMap(realPaths));
  return [...there]
    .filter(mayUse)
    .map((path) => ({ kind, text: path, connect: { socketPath: path }, explicit: false }));
}

/** None where nothing is there. */
function realPaths(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

function mayReadAndWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
