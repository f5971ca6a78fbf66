// A namespace that no container's process is in, as something to choose: by the file that keeps it, which is a bind mount
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
  if (host) return { obstacle: t("it is the machine's own: any terminal is in it") };
  // It can have no other first process, and without one nothing starts in it (pid_namespaces(7)).
  if (type === 'pid' && pids.length === 0)
    return { obstacle: t('its first process has ended: nothing can start in it') };
  if (path === undefined && heldBy.some((holder) => holder.startsWith('bytes ')))
    return { obstacle: t('the path of what keeps it is no text (UTF-8), which no command line can name') };
  if (path === undefined && heldBy.length > 0)
    return { obstacle: t('only a socket keeps it, and none can be entered') };
  if (path === undefined) return { obstacle: t('no file and no process of a container leads into it') };
  const namespace = { type, inode, host, sharedWith: [] };
  return { container: keeper(held, path), namespace, path };
}

/** Stands where a container stands for a namespace that has one: for its name, and to tell one from another. */
function keeper({ type, inode }: Namespace, path: string): Container {
  const named = !path.startsWith('/proc/');
  return {
    key: `held:${type}:${inode}`,
    engine: type === 'net' ? 'netns' : '',
    // Of a descriptor, the last part is a number that says nothing.
    name: named ? basename(path) : String(inode),
    id: null,
    state: 'running',
    image: null,
    pod: null,
    composeProject: null,
    composeService: null,
    labels: {},
    pid: 0,
    startTime: null,
    uid: null,
    user: null,
    rootless: false,
    namespaces: [{ type, inode, host: false, sharedWith: [] }],
    processes: [],
    lockedForRoot: false,
    parentKey: null,
  };
}
