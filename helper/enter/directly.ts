// Where a user namespace is joined in which no helper may do the rest (canStage() in ways.ts): a joiner joins everything, verifies it,
// becomes who the command is to be, and executes it. Unlike a program that is executed in there, it may not be looked into by root of
// that user namespace.
import { HelperError } from '../errors';
import { idInside } from '../idMap';
import { say } from '../say';
import { CAP_SETUID, leaveSessionKeyring, setNoNewPrivileges } from '../syscalls/identity';
import type { Caller } from './caller';
import { becomeAbleToJoin, confine, type Identity, mustLeaveKeyring } from './identity';
import { type IdMaps, insideIdentity } from './idMaps';
import { becomeCommand, type Joining, startAndWait } from './joining';
import { become, filterCalls, limitBoundingSet, takeOomScore } from './identitySteps';
import { join, takeRoot } from './joinSteps';
import { BY_JOINER } from './limits';
import { descriptorsOf, type State } from './state';
import type { PinnedNamespace } from './target';
import { hasFilters, mayType, ownTypingFilter } from './terminalInput';
import { lastCapability, notRoot, ownerBetween, toJoin } from './tools';
import { viewParts } from './viewParts';
import { fitView } from './viewSteps';

/** Who the command is to be, in the ids from out here; and the maps of the user namespace, null where they are not known. */
export interface Inside {
  identity: Identity;
  maps: IdMaps | null;
}

/** Where pid is joined, this helper waits for the command, which else takes its place. */
export function directly(state: State, user: PinnedNamespace, inside: Inside, caller: Caller): Promise<never> {
  if (state.make.length > 0) {
    throw new HelperError(
      'badArguments',
      '--new cannot be combined with joining that user namespace; leave one of them out',
    );
  }
  const { confinement } = state;
  const isRoot = process.geteuid?.() === 0;
  const becomes = isRoot ? null : toBecome(inside, caller);
  const namespaces = toJoin(state);
  const joins = (type: string): boolean => namespaces.some((namespace) => namespace.type === type);
  const owner = ownerBetween(state, user);

  const oomScore = isRoot ? null : (confinement?.oomScoreAdj ?? null);
  const left = oomScore === null ? {} : { oomScoreAdj: null };
  const notes = confinement
    ? confine({ ...confinement, ...left, bounding: null, label: null }, state.procFd, BY_JOINER)
    : [];
  const leaves = mustLeaveKeyring(joins('mnt'), inside.identity);
  if (state.noNewPrivileges) setNoNewPrivileges();
  // Root becomes who it is to be out here, where nothing of the user namespace can keep it from that.
  if (isRoot) becomeAbleToJoin(inside.identity, joins('pid') ? [CAP_SETUID] : []);
  if (leaves) leaveSessionKeyring();

  const joinedPid = namespaces.find(({ type }) => type === 'pid');
  const parts = viewParts(state.view, joinedPid?.fd ?? null);
  const filters = hasFilters() ? [filterCalls(ownTypingFilter())] : [];
  const joinHere: Joining['join'] = (some) => join(some, owner, isRoot);
  const joining: Joining = {
    join: joinHere,
    steps: (free) => [
      ...(oomScore === null ? [] : takeOomScore(oomScore, state.procFd, free, state.verbose)),
      ...joinHere(namespaces),
      ...(parts.length === 0 ? [] : fitView(parts, free, state.verbose)),
      ...(state.root === null ? [] : takeRoot(state.root)),
      ...filters,
      ...(confinement?.bounding ? limitBoundingSet(BigInt(`0x${confinement.bounding}`), lastCapability()) : []),
      ...(becomes === null ? [] : become(becomes)),
    ],
    keep: [...descriptorsOf(state), ...(owner === null ? [] : [owner.fd])],
    ids: idsInside(inside),
  };
  if (state.verbose) {
    for (const note of notes) say(`not as in the container: ${note}`);
    if (filters.length === 0) say(mayType('this kernel has no filters for system calls'));
  }
  return joins('pid') ? startAndWait(state, joining) : becomeCommand(state, joining);
}

/** Who to become once the user namespace is joined, as somebody without rights out here; null where the caller is that one. */
function toBecome({ identity, maps }: Inside, caller: Caller): Identity | null {
  if (identity.uid === caller.uid && identity.gid === caller.gid) return null;
  return maps === null ? notRoot() : insideIdentity(identity, true, maps);
}

function idsInside({ identity, maps }: Inside): Joining['ids'] {
  return {
    uid: (maps && idInside(maps.uid, identity.uid)) ?? NOBODY,
    gid: (maps && idInside(maps.gid, identity.gid)) ?? NOBODY,
  };
}

/** What an id without a mapping is shown as (user_namespaces(7)). */
const NOBODY = 65534;
