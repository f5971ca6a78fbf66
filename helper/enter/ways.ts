// The ways in on which a joiner does what Node cannot: `user` and `time` cannot be joined, nor `user` made, by a process with several
// threads (setns(2), unshare(2)); and the first process of a new pid namespace has to mount its /proc there. A joiner is given descriptors
// of the very namespaces that were verified, never a pid. What the ways differ in is here, the rest in byJoiner.ts.
import { readFileSync } from 'node:fs';
import { HelperError } from '../errors';
import { idInside, idOutside, parseIdMap } from '../idMap';
import { CAP_SETUID, CAP_SYS_ADMIN, hasCapability } from '../syscalls/identity';
import { userNamespaceObstacle } from '../userNamespaces';
import type { As } from './arguments';
import { byJoiner, type Way } from './byJoiner';
import type { Caller } from './caller';
import { become, becomeAbleToJoin, type Identity } from './identity';
import { type IdMaps, insideIdentity, outsideIdentity } from './idMaps';
import { newUserNamespace } from './identitySteps';
import { isOwnedBelow, joinAll, ownerAbove, stillToJoin } from './join';
import { join, named, notDumpable } from './joinSteps';
import { notPermitted } from './made';
import type { OpenNamespace, State } from './state';
import { type PinnedNamespace, readOf } from './target';

/** `user`: the user namespace that is joined, if one is. */
export function throughJoiner(state: State, user: PinnedNamespace | undefined, as: As, caller: Caller): Promise<never> {
  if (state.make.includes('user')) return byJoiner(state, intoNewUser(state, as, caller));
  return byJoiner(state, user ? intoUser(state, user, as, caller) : withoutUser(state));
}

/** For enter(), of which a bundle without a joiner has none. */
export type ThroughJoiner = typeof throughJoiner;

const isRoot = (): boolean => process.geteuid?.() === 0;

/** The user namespace stays ours, and with it all rights that root has. */
function withoutUser(state: State): Way {
  refuseWithoutRights(state);
  const { identity } = state;
  return {
    prepare: () => undefined,
    join: (namespaces) => join(namespaces, null, true),
    canWait: () => true,
    makeUser: () => [],
    identity,
    // Only root may set groups; anyone else can only be who they are already.
    becomes: identity && !isRoot() ? { ...identity, groups: null } : identity,
    ids: identity ?? { uid: 0, gid: 0 },
    mayBeRoot: (identity?.uid ?? 0) === 0,
    boundBy: ownBoundingSet(),
    keep: [],
  };
}

/** Asked before, as the kernel is asked by a joiner, which ends with another exit code. */
function refuseWithoutRights({ make, namespaces }: State): void {
  if (hasCapability(CAP_SYS_ADMIN)) return;
  const [type] = make;
  const joined = namespaces.map(({ type, source }) => `${type} of ${source}`).join(', ');
  throw new HelperError(
    'notPermitted',
    type ? notPermitted(type) : `${joined} cannot be joined: operation not permitted; start ns-helper with sudo`,
  );
}

/** A new user namespace, made as the caller. */
function intoNewUser(state: State, as: As, caller: Caller): Way {
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
  const ids = as === 'root' ? { uid: 0, gid: 0 } : { uid: caller.uid, gid: caller.gid };
  return {
    prepare: () => {
      joinAll(stillToJoin(state.namespaces, false, state.procFd), null);
      become(caller);
    },
    join: () => [],
    canWait: () => true,
    // Until then its user may look into it, who makes it.
    makeUser: (free) => [...newUserNamespace(caller, ids, state.procFd, free), notDumpable(), named()],
    identity: caller,
    becomes: null,
    ids,
    mayBeRoot: ids.uid === 0,
    boundBy: ALL,
    keep: [],
  };
}

function intoUser(state: State, user: PinnedNamespace, as: As, caller: Caller): Way {
  const maps = readMaps(user);
  const identity = identityHere(state, as, caller, maps);
  const asRoot = isRoot();
  const owner = ownerBetween(state, user);
  const ids = {
    uid: (maps && idInside(maps.uid, identity.uid)) ?? NOBODY,
    gid: (maps && idInside(maps.gid, identity.gid)) ?? NOBODY,
  };
  const waits = state.make.includes('pid') || state.namespaces.some(({ type }) => type === 'pid');
  return {
    // Root becomes who it is to be out here, where nothing of the user namespace can keep it from that. A process that waits needs the
    // right to change ids, to take those of its other threads (takeRightsFromOtherThreads()).
    prepare: () => {
      if (asRoot) becomeAbleToJoin(identity, waits ? [CAP_SETUID] : []);
    },
    join: (namespaces) => join(namespaces, owner, asRoot),
    canWait: (namespace) => isOwnedBelow(namespace, user),
    makeUser: () => [],
    identity,
    becomes: asRoot ? null : toBecome(identity, maps, caller),
    ids,
    mayBeRoot: maps === null || ids.uid === 0,
    boundBy: ALL,
    keep: owner === null ? [] : [owner.fd],
  };
}

/** What an id without a mapping is shown as (user_namespaces(7)). */
const NOBODY = 65534;

/** Who to become once the user namespace is joined, as somebody without rights out here; null where the caller is that one. */
function toBecome(identity: Identity, maps: IdMaps | null, caller: Caller): Identity | null {
  if (identity.uid === caller.uid && identity.gid === caller.gid) return null;
  if (maps !== null) return insideIdentity(identity, maps);
  throw new HelperError('notPermitted', 'only root may take on that identity there; start ns-helper with sudo');
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

/**
 * The namespaces of bubblewrap's and Flatpak's sandboxes do not belong to the user namespace that their processes are in, but
 * to another one between that and ours. Who made both may join the outer one, has all rights there, and joins the rest from in there.
 * That outer one, or null. Root has the rights already.
 */
function ownerBetween(state: State, user: PinnedNamespace): OpenNamespace | null {
  if (isRoot()) return null;
  const left = stillToJoin(state.namespaces, state.root !== null, state.procFd);
  for (const namespace of left.filter(({ type }) => type !== 'user')) {
    const owner = ownerAbove(namespace, user, state.procFd);
    if (owner !== null) return owner;
  }
  return null;
}

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

/** In a user namespace that has just been joined or made (user_namespaces(7)). */
const ALL = (1n << 64n) - 1n;

const ownBoundingSet = (): bigint =>
  BigInt(`0x${/^CapBnd:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'}`);
