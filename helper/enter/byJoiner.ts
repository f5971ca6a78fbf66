// What a joiner does on every way (ways.ts): joins, makes, verifies, fits the view, becomes who the command is to be and is confined as that
// one, and executes it. Unlike a program that is executed in there, it may not be looked into by root of a user namespace that it joins.
import { readFileSync } from 'node:fs';
import type { Step } from '../joiner/image';
import { say } from '../say';
import { clearInheritable, setNoNewPrivileges } from '../syscalls/identity';
import { onBrokenPipe } from './commandSteps';
import { confine, type Identity, mustLeaveKeyring } from './identity';
import { become, filterCalls, leaveKeyring, limitBoundingSet, takeOomScore } from './identitySteps';
import { stillToJoin } from './join';
import { becomeCommand, type Joining, startInJoined, startInNew } from './joining';
import { join, notDumpable, takeRoot } from './joinSteps';
import { BY_JOINER } from './limits';
import { makeNew } from './makeSteps';
import { descriptorsOf, type OpenNamespace, type State } from './state';
import { hasFilters, mayType, ownTypingFilter } from './terminalInput';
import { isEmpty } from './view';
import { NOT_FITTED, viewParts } from './viewParts';
import { fitView } from './viewSteps';

/** What one way in differs by from another. */
export interface Way {
  /** The last that this process does by its own rights: as far as can be done out here, it becomes who the command is to be. */
  prepare: () => void;
  /** By a joiner that has not joined anything. */
  join: (namespaces: readonly OpenNamespace[]) => Step[];
  /** Whether a namespace can be joined when all the others are. */
  canWait: (namespace: OpenNamespace) => boolean;
  /** Makes a user namespace, in which all else is done. `free` is the lowest descriptor that is not open. */
  makeUser: (free: number) => Step[];
  /** Who the command is to be, in the ids from out here; null: who this process is. */
  identity: Identity | null;
  /** The same in those from in there, if the joiner is to become it. */
  becomes: Identity | null;
  /** As the command will see itself. */
  ids: { uid: number; gid: number };
  /** Whether the command may be root in there: it keeps all capabilities then, which who is not loses by execve(2) itself. */
  mayBeRoot: boolean;
  /** The capabilities that a joiner which is root can have at most. */
  boundBy: bigint;
  /** Descriptors for `join`. */
  keep: readonly number[];
}

/** Where a pid namespace is joined or made, this process waits for the command, which else takes its place. */
export function byJoiner(state: State, way: Way): Promise<never> {
  const { confinement, make, procFd, verbose, view } = state;
  const namespaces = stillToJoin(state.namespaces, state.root !== null, procFd);
  const joinedPid = namespaces.find(({ type }) => type === 'pid');
  const joinsMnt = state.namespaces.some(({ type }) => type === 'mnt');
  // With rights, by this process; without, by the joiner, which is dumpable at first: the file is root's otherwise (proc(5)).
  const oomScore = process.geteuid?.() === 0 ? null : (confinement?.oomScoreAdj ?? null);
  const left = { bounding: null, label: null, ...(oomScore === null ? {} : { oomScoreAdj: null }) };
  const notes = confinement ? confine({ ...confinement, ...left }, procFd, BY_JOINER) : [];
  // What is not in the bounding set could be inherited all the same.
  if (confinement?.bounding) clearInheritable();
  const leavesKeyring = mustLeaveKeyring(joinsMnt, way.identity);
  if (state.noNewPrivileges) setNoNewPrivileges();
  const isLater = (namespace: OpenNamespace): boolean => namespace.type === 'pid' && way.canWait(namespace);
  const [first, later] = [namespaces.filter((each) => !isLater(each)), namespaces.filter(isLater)];
  // A view is fitted by children, and none of them may be in a joined pid namespace: all the host's files are in their reach.
  const canFit = !first.some(({ type }) => type === 'pid');
  const parts = canFit ? viewParts(view, joinedPid?.fd ?? null) : [];
  if (!canFit && !isEmpty(view)) notes.push(`${NOT_FITTED}: the pid namespace does not belong to that user namespace`);
  way.prepare();

  const others = make.filter((type) => type !== 'user');
  const fit = (free: number): Step[] =>
    parts.length === 0 ? [] : fitView(parts, free, { tell: verbose, isAlone: make.includes('mnt') });
  const makesPid = make.includes('pid');
  // A bounding set holds from the next program on, and the process that becomes it may be looked into in a joined pid namespace.
  const bounding = confinement?.bounding ? BigInt(`0x${confinement.bounding}`) : null;
  const rights = way.mayBeRoot ? bounding && bounding & way.boundBy : 0n;
  const filters = hasFilters() ? [filterCalls(ownTypingFilter())] : [];

  const joining: Joining = {
    reach: (free) => [
      onBrokenPipe('goOn'),
      ...(oomScore === null ? [] : takeOomScore(oomScore, procFd, free, verbose)),
      ...way.join(first),
      ...way.makeUser(free),
      ...makeNew(others, procFd, free),
      ...(makesPid ? [] : fit(free)),
      ...(later.length === 0 ? [] : join(later, null, true)),
    ],
    settle: (free) => [
      ...(makesPid ? fit(free) : []),
      ...(state.root === null ? [] : takeRoot(state.root)),
      ...filters,
      ...(bounding === null ? [] : limitBoundingSet(bounding, lastCapability())),
      ...(way.becomes === null ? [] : [...become(way.becomes), notDumpable()]),
      ...(leavesKeyring ? leaveKeyring() : []),
    ],
    keep: [...descriptorsOf(state), ...way.keep],
    ids: way.ids,
    rights,
    joinUts: namespaces.some(({ type }) => type === 'uts')
      ? way.join(namespaces.filter(({ type }) => type === 'user' || type === 'uts'))
      : null,
  };
  if (verbose) {
    for (const note of notes) say(`not as in the container: ${note}`);
    if (filters.length === 0) say(mayType('this kernel has no filters for system calls'));
  }
  const waitsAs = process.geteuid?.() === 0 ? way.becomes : null;
  if (makesPid) return startInNew(state, joining, waitsAs);
  return joinedPid === undefined ? becomeCommand(state, joining) : startInJoined(state, joining, waitsAs);
}

/** The last capability that the kernel knows. */
const lastCapability = (): number => Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'latin1'));
