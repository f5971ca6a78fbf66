// Engines by the sockets that they listen on, wherever these are: those of other roots, of snap, of a second daemon. The
// kernel lists them for everybody (proc_net_unix(5)), but for those of other network namespaces.
import { lstat, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { EngineKind } from './engine';

const UNIX_SOCKETS = '/proc/net/unix';

const KINDS: Readonly<Record<string, EngineKind>> = {
  'docker.sock': 'docker',
  'podman.sock': 'podman',
  'containerd.sock': 'kubernetes',
  'crio.sock': 'kubernetes',
};
/** A socket of streams (0001) that accepts connections (__SO_ACCEPTCON), with a path. */
const LISTENING = /^\S+ \S+ \S+ 00010000 0001 \S+ +\d+ (\/.*)$/gm;
/** Should a machine have more: engines are started early. */
const MOST = 32;

/** Paths by the kind of engine that their names say. None where the list cannot be read. */
export async function listeningSockets(file = UNIX_SOCKETS): Promise<ReadonlyMap<EngineKind, readonly string[]>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const paths = [...text.matchAll(LISTENING)].map(([, path = '']) => path).filter((path) => basename(path) in KINDS);
  const found = new Map<EngineKind, string[]>();
  for (const path of [...new Set(paths)].slice(0, MOST)) {
    const kind = KINDS[basename(path)];
    if (kind && (await isTrusted(path))) found.set(kind, [...(found.get(kind) ?? []), path]);
  }
  return found;
}

/** Anybody can listen as an engine, and tell of containers what they like; root's word and the user's own count. */
export async function isTrusted(path: string): Promise<boolean> {
  try {
    const file = await lstat(path);
    return file.isSocket() && (file.uid === 0 || file.uid === process.getuid?.());
  } catch {
    // Removed, or of another mount namespace.
    return false;
  }
}
