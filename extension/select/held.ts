// A namespace that no container's process is in, as something to choose: by the file that holds it, which is a bind mount
// (as `ip netns add` makes) or an open descriptor. Pure.
import { basename } from 'node:path';
import { t } from '../l10n';
import type { Container, Namespace } from '../model/container';
import type { Chosen } from './selection';

/** Or, in plain words, why it cannot be entered. */
export function heldChoice(held: Namespace): Chosen | { readonly obstacle: string } {
  const { type, inode, host, pids, heldBy } = held;
  // What is no path is a socket, which leads to its network for none but the scanner (SIOCGSKNS), or a path that is no text.
  const path = heldBy.find((holder) => holder.startsWith('/'));
  if (host) return { obstacle: t("it is the machine's own: every terminal is already in it") };
  // It can have no other first process, and without one nothing starts in it (pid_namespaces(7)).
  if (type === 'pid' && pids.length === 0)
    return { obstacle: t('its first process has ended: nothing can start in it') };
  if (path === undefined && heldBy.some((holder) => holder.startsWith('bytes ')))
    return { obstacle: t('the path of what holds it is not valid UTF-8, so no command line can name it') };
  if (path === undefined && heldBy.length > 0)
    return { obstacle: t('only a socket holds it, and a socket cannot be entered') };
  if (path === undefined) return { obstacle: t('no file and no container process leads into it') };
  const namespace = { type, inode, host, sharedWith: [] };
  return { container: holder(held, path), namespace, path };
}

/** Stands where a container stands for a namespace that has one: for its name, and to tell one from another. */
function holder({ type, inode }: Namespace, path: string): Container {
  const named = !path.startsWith('/proc/');
  return {
    key: `held:${type}:${inode}`,
    engine: type === 'net' ? 'netns' : '',
    // Of a descriptor, the last part is a number that says nothing.
    name: named ? basename(path) : String(inode),
    id: null,
    engineNamespace: null,
    state: 'running',
    image: null,
    pod: null,
    composeProject: null,
    composeService: null,
    pid: 0,
    startTime: null,
    uid: null,
    user: null,
    rootless: false,
    namespaces: [{ type, inode, host: false, sharedWith: [] }],
    details: { labels: {}, processes: [] },
    lockedForRoot: false,
    parentKey: null,
  };
}
