// Removes what an editor that was ended by force forgets among the temporary files: VS Code its sockets, the extension its
// folder. Only what nobody uses any more: another window's are in use.
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './processes.mjs';

/** @param {number} since in milliseconds: older ones are not ours. */
export function removeLeftovers(since) {
  // proc_net(5): the path is the last field of a line.
  const bound = new Set(
    readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .map((line) => line.split(' ').at(-1)),
  );
  const isDead = (name, path) => {
    if (/^vscode-.*\.sock$/.test(name)) return !bound.has(path);
    const owner = /^linux-namespaces-(\d+)-/.exec(name)?.[1];
    return owner !== undefined && !isRunning(owner);
  };
  for (const folder of new Set([tmpdir(), process.env.XDG_RUNTIME_DIR || tmpdir()])) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (isDead(name, path) && isOurs(path, since)) rmSync(path, { recursive: true, force: true });
    }
  }
}

function isOurs(path, since) {
  const { uid, birthtimeMs } = lstatSync(path);
  return uid === process.getuid?.() && birthtimeMs >= since;
}
