// The ways in on which a joiner does what Node cannot: `user` and `time` cannot be joined, nor `user` made, by a process with
// several threads (setns(2), unshare(2)). A joiner is given descriptors of the very namespaces that were verified, never a pid. It
// executes the command, or starts the helper again for the rest.
import { readFileSync } from 'node:fs';
import { HelperError } from '../errors';
import { idOutside, parseIdMap } from '../idMap';
import type { Step } from '../joiner/image';
import { userNamespaceObstacle } from '../userNamespaces';
import type { As } from './arguments';
import type { Caller } from './caller';
import { directly } from './directly';
import { become, becomeAbleToJoin, type Identity } from './identity';
import { insideIdentity, outsideIdentity, type IdMaps } from './idMaps';
import { isOwnedBelow, joinAll } from './join';
import type { State } from './state';
import { type PinnedNamespace, readOf } from './target';
import { keepCapabilities, newUserNamespace } from './identitySteps';
import { join } from './joinSteps';
import { joinThenResume, lastCapability, LATER, notRoot, ownerBetween, toJoin } from './tools';

/** `time` alone by a joiner, then the helper again for everything else. */
function throughTime(state: State): never {
  const time = state.namespaces.filter((namespace) => namespace.type === 'time');
  return joinThenResume(() => join(time, null, true), state);
}

/**
 * `user` by a joiner, with everything else but mnt and pid, then the helper again inside, as root there. Where that cannot be, or need not
 * be, a joiner does it all: see canStage().
 */
function throughUser(state: State, user: PinnedNamespace, as: As, caller: Caller): Promise<never> {
  const maps = readMaps(user);
  const rootHere = maps && rootOf(maps);
  if (!maps || !rootHere || !canStage(state, user, as === 'me' && rootHere.uid !== caller.uid)) {
    return directly(state, user, { identity: identityHere(state, as, caller, maps), maps }, caller);
  }
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) becomeAbleToJoin(as === 'me' ? caller : { ...rootHere, groups: [] });
  else if (rootHere.uid !== caller.uid) return notRoot();
  const joined = toJoin(state).filter((namespace) => !LATER.includes(namespace.type));
  const owner = ownerBetween(state, user);
  const next = {
    ...state,
    identity: as === 'me' || as === 'root' ? null : insideIdentity(state.identity, as === 'target', maps),
  };
  return joinThenResume(() => join(joined, owner, isRoot), next, owner === null ? [] : [owner.fd]);
}

/**
 * Whether a helper has to run inside the user namespace for a moment, for what a joiner does not do: to fit the view of the host's files,
 * and to make new namespaces. And whether it may: it has the host's files then, and root of the user namespace has all rights over it,
 * so that no process of the target may be able to see it. And what is joined last must be that root's to join.
 */
function canStage(state: State, user: PinnedNamespace, callerIsNotItsRoot: boolean): boolean {
  const later = toJoin(state).filter((namespace) => LATER.includes(namespace.type));
  return (
    state.make.length > 0 &&
    !callerIsNotItsRoot &&
    user.target?.seesUs === false &&
    later.every((namespace) => isOwnedBelow(namespace, user))
  );
}

/** Who to be inside, in the ids from out here. */
function identityHere({ identity }: State, as: As, caller: Caller, maps: IdMaps | null): Identity {
  if (as === 'me') return caller;
  if (as === 'target' && identity) return identity;
  const root = maps && rootOf(maps);
  if (!maps || !root) {
    throw new HelperError(
      'identityFailed',
      'that user namespace has no root, or no process that tells who it is; use --as me',
    );
  }
  if (as === 'root' || !identity) return { ...root, groups: [] };
  return outsideIdentity(identity, maps);
}

/** A new user namespace by a joiner, as the caller; then the helper again inside, with that namespace's rights. */
function throughNewUser(state: State, as: As, caller: Caller): never {
  const unfit = state.namespaces.find(({ type }) => ['mnt', 'pid', 'time', 'user'].includes(type));
  if (unfit) {
    throw new HelperError(
      'badArguments',
      `--new user cannot be combined with joining ${unfit.type}: the rights to it end where a new user namespace begins`,
    );
  }
  if (as !== 'me' && as !== 'root') {
    throw new HelperError(
      'badArguments',
      'a new user namespace has only one user: take --as me, or --as root to be root inside',
    );
  }
  const obstacle = userNamespaceObstacle(caller.uid);
  if (obstacle) {
    throw new HelperError(
      'notPermitted',
      `a new user namespace cannot be created: ${obstacle.path} is ${obstacle.value}, which ${obstacle.means}; change that with sysctl, or leave user out and start ns-helper with sudo`,
    );
  }
  joinAll(toJoin(state), null);
  become(caller);
  const inside = as === 'root' ? { uid: 0, gid: 0 } : caller;
  const steps = (free: number): Step[] => [
    ...newUserNamespace(caller, inside, state.procFd, free),
    ...(as === 'root' ? [] : keepCapabilities(lastCapability())),
  ];
  return joinThenResume(steps, {
    ...state,
    make: state.make.filter((type) => type !== 'user'),
    identity: null,
    // A program that root executes would regain them all, and by that the kernel forgets PR_SET_PDEATHSIG (prctl(2)).
    keepCapabilities: as === 'root' || caller.uid === 0,
  });
}

/** For enter() and resume(), of which a bundle without a joiner has none. */
export const joinerWays = { throughNewUser, throughTime, throughUser };
export type JoinerWays = typeof joinerWays;

/** The id maps of a joined user namespace, as seen from here; null where it was given as a file. */
function readMaps({ target }: PinnedNamespace): IdMaps | null {
  if (!target) return null;
  return readOf(target, (proc) => {
    const read = (name: string): string => readFileSync(`${proc}/${name}`, 'utf8');
    return {
      uid: parseIdMap(read('uid_map')),
      gid: parseIdMap(read('gid_map')),
      setgroups: read('setgroups').trim() === 'allow',
    };
  });
}

/** The ids that root and its group have here; null where id 0 is not mapped. */
function rootOf(maps: IdMaps): Omit<Identity, 'groups'> | null {
  const [uid, gid] = [idOutside(maps.uid, 0), idOutside(maps.gid, 0)];
  return uid === null || gid === null ? null : { uid, gid };
}
