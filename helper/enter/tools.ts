// What the ways in through a joiner have in common.
import { readFileSync } from 'node:fs';
import { HelperError } from '../errors';
import type { Step } from '../joiner/image';
import { joinerLaunch } from '../joiner/joiner';
import type { NamespaceName } from '../namespaceTypes';
import { resumeCommand } from './again';
import { ownEnvironment } from './environment';
import { ownerAbove, stillToJoin } from './join';
import { execute } from './commandSteps';
import { execInPlace } from './launch';
import type { OpenNamespace, State } from './state';
import type { PinnedNamespace } from './target';

/** Joined by the helper inside, as the last: so it never is among the target's processes with the host's files in reach. */
export const LATER: readonly NamespaceName[] = ['pid', 'mnt'];

export const toJoin = (state: State): OpenNamespace[] =>
  stillToJoin(state.namespaces, state.root !== null, state.procFd);

/**
 * The namespaces of bubblewrap's and Flatpak's sandboxes do not belong to the user namespace that their processes are in, but
 * to another one between that and ours. Who made both may join the outer one, has all rights there, and joins the rest from in there.
 * That outer one, or null. Root has the rights already.
 */
export function ownerBetween(state: State, user: PinnedNamespace): OpenNamespace | null {
  if (process.geteuid?.() === 0) return null;
  for (const namespace of toJoin(state).filter(({ type }) => type !== 'user')) {
    const owner = ownerAbove(namespace, user, state.procFd);
    if (owner !== null) return owner;
  }
  return null;
}

/**
 * Becomes a joiner, which makes the calls of `stepsFor`, and then starts the helper again for `next`. `free` is the lowest descriptor that
 * is not open in it.
 */
export function joinThenResume(
  stepsFor: (free: number) => readonly Step[],
  next: State,
  alsoKeep: readonly number[] = [],
): never {
  const { argv, keep } = resumeCommand(next);
  const all = [...keep, ...alsoKeep];
  const steps = [...stepsFor(lowestBut(all)), execute(argv[0], argv, ownEnvironment())];
  return execInPlace(joinerLaunch(steps, null), all);
}

/** The lowest descriptor that is not open in a joiner with those of `keep`. */
export function lowestBut(keep: readonly number[]): number {
  for (let fd = 3; ; fd++) if (!keep.includes(fd)) return fd;
}

/** The last capability that the kernel knows. */
export const lastCapability = (): number => Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'latin1'));

/** For who is not root, and is to be somebody who only root can become. */
export function notRoot(): never {
  throw new HelperError('notPermitted', 'only root may take on that identity there; start ns-helper with sudo');
}
