// The tools of util-linux that enter where no process with several threads can, which every Node process is: setns(2), unshare(2).
import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { HelperError } from '../errors';
import { isRootsAlone } from '../install/trust';
import { namespaceType, type NamespaceName } from '../namespaceTypes';
import { resumeCommand } from './again';
import { ownEnvironment } from './environment';
import { ownerAbove, stillToJoin } from './join';
import { execInPlace } from './launch';
import type { OpenNamespace, State } from './state';
import type { PinnedNamespace } from './target';

/** Absolute path of a tool that knows these options, from where only root can write; never from PATH. */
export function findTool(name: 'nsenter' | 'unshare' | 'sh', options: readonly string[]): string {
  const lacking = BUSYBOX_LACKS.find((option) => options.some((given) => given.split('=')[0] === option));
  let why = `user and time namespaces need ${name}`;
  for (const path of [`/usr/bin/${name}`, `/bin/${name}`]) {
    if (!isRootsAlone(path) || !statSync(path).isFile()) continue;
    if (lacking === undefined || basename(realpathSync(path)) !== 'busybox') return path;
    why = `the ${name} here is BusyBox's, which has no ${lacking}`;
  }
  throw new HelperError('missingTool', `${why}: install the package util-linux`);
}

/** Of the options given here, those that only util-linux's nsenter and unshare have; BusyBox would print its usage. */
const BUSYBOX_LACKS = ['--time', '--cgroup', '--wdns', '--map-current-user', '--keep-caps'];

export const findNsenterForTime = (): string => findTool('nsenter', ['--time']);

/** nsenter's options for namespaces; `place` tells where each is to be opened. */
export function joinOptions<T extends OpenNamespace>(
  namespaces: readonly T[],
  place: (namespace: T) => string,
): string[] {
  return namespaces.map((namespace) => `${namespaceType(namespace.type).option}=${place(namespace)}`);
}

/** Joined by the helper inside, as the last: so it never is among the target's processes with the host's files in reach. */
export const LATER: readonly NamespaceName[] = ['pid', 'mnt'];

export const toJoin = (state: State): OpenNamespace[] =>
  stillToJoin(state.namespaces, state.root !== null, state.procFd);

/**
 * The namespaces of bubblewrap's and Flatpak's sandboxes do not belong to the user namespace that their processes are in, but
 * to another one between that and ours. Who made both may join the outer one, has all rights there, and joins the rest by a
 * second nsenter from in there. A descriptor of that outer one, or null. Root has the rights already.
 */
export function ownerBetween(state: State, user: PinnedNamespace): number | null {
  if (process.geteuid?.() === 0) return null;
  for (const namespace of toJoin(state).filter(({ type }) => type !== 'user')) {
    const owner = ownerAbove(namespace, user, state.procFd);
    if (owner !== null) return owner;
  }
  return null;
}

/** What comes first on nsenter's command line, for an owner that can be opened at `place`. */
export const throughOwner = (place: string): string[] => [
  ...['--preserve-credentials', `--user=${place}`],
  ...['--', findTool('nsenter', [])],
];

/** Becomes that tool, which starts the helper again for `next`. */
export function execTool(
  [name, ...options]: ['nsenter' | 'unshare', ...string[]],
  next: State,
  alsoKeep: readonly number[] = [],
  program = findTool(name, options),
): never {
  const { argv, keep } = resumeCommand(next);
  const launch = { program, argv: [name, ...options, '--', ...argv], environment: ownEnvironment() };
  return execInPlace({ ...launch, openFiles: null }, [...keep, ...alsoKeep]);
}

export const notRoot = (): HelperError =>
  new HelperError('notPermitted', 'only root may take on that identity there; start ns-helper with sudo');
