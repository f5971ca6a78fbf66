// Carries out what a joiner is to do (joinSteps.ts): in this process's place, or as its child where pid is joined, and only children are in
// that namespace.
import { closeSync, readSync, writeSync } from 'node:fs';
import { errorCode, HelperError, SyscallError } from '../errors';
import type { Step } from '../joiner/image';
import { joinerLaunch } from '../joiner/joiner';
import { firstOf, nothing, say as sayStep } from '../joiner/steps';
import { say } from '../say';
import { setNotDumpable } from '../syscalls/identity';
import { endAs, socketPair, waitForEnd } from '../syscalls/processes';
import {
  awaitWord,
  changeDirectory,
  closeAll,
  enterDirectory,
  executeCommand,
  fork,
  sayLinks,
  setLimits,
  tellNames,
  tellReady,
  UTSNAME_SIZE,
} from './commandSteps';
import { become, type Identity, keepRightsToThisThread } from './identity';
import { dropCapabilities, takeLabel } from './identitySteps';
import { describeWho, hostName, shownHostName } from './join';
import { verify } from './joinSteps';
import { execInPlace, runAsChild, startChild, waitWithoutRights } from './launch';
import { BY_JOINER, limitsOfCommand } from './limits';
import { explainNoMemory } from './noMemory';
import type { State } from './state';

export interface Joining {
  /** Until the joiner is where the command will be, but for a pid namespace. `free` is the lowest descriptor that is not open. */
  reach: (free: number) => readonly Step[];
  /** What is left to be done in there, once that is verified, until it is who the command will be. */
  settle: (free: number) => readonly Step[];
  /** The descriptors that these use. */
  keep: readonly number[];
  /** Who the command will be, in the ids of its user namespace. */
  ids: { uid: number; gid: number };
  /** Joins the uts namespace alone; null: the command will be in that of this process. */
  joinUts: readonly Step[] | null;
}

/** Becomes the joiner, which becomes the command. */
export function becomeCommand(state: State, joining: Joining): never {
  const free = lowestBut(joining.keep);
  const said = state.verbose ? [sayStep(`ns-helper: after: ${whoItWillBe(joining, process.pid)}`)] : [];
  const settled = [
    nothing(),
    ...joining.settle(free),
    ...said,
    ...sayWhere(state),
    ...commandSteps(state, joining, free),
  ];
  const steps = [...joining.reach(free), ...verify(state.namespaces, state.procFd, firstOf(settled)), ...settled];
  return execInPlace(joinerLaunch(steps, state.openFiles), joining.keep);
}

export interface Waiting {
  /** Whether the command is the first process of a new pid namespace. */
  makesPid: boolean;
  /** Who to wait as; null: as this process is. */
  waitsAs: Identity | null;
}

/** Starts the joiner, whose child the command is, and waits for that one. */
export function startAndWait(state: State, joining: Joining, { makesPid, waitsAs }: Waiting): Promise<never> {
  const [socket, theirs] = socketPair();
  const keep = [...joining.keep, theirs];
  const free = lowestBut(keep);
  const command = [nothing(), ...sayWhere(state), ...commandSteps(state, joining, free)];
  const goes = [...awaitWord(theirs, firstOf(command)), ...command];
  const settled = [nothing(), ...joining.settle(free), ...(makesPid ? [tellReady(theirs)] : []), ...goes];
  const after = makesPid ? [...awaitWord(theirs, firstOf(settled)), ...settled] : settled;
  const verified = verify(state.namespaces, state.procFd, firstOf(after));
  const steps = [...joining.reach(free), ...fork(theirs, firstOf(verified)), ...verified, ...after];
  const who = state.verbose ? (pid: number) => whoItWillBe(joining, pid) : null;
  const adopt = adoptBy({ socket, theirs, who, makesPid });
  const child = runAsChild(joinerLaunch(steps, state.openFiles), keep, makesPid ? state.procFd : undefined, adopt);
  if (waitsAs !== null) become(waitsAs);
  setNotDumpable();
  keepRightsToThisThread();
  return waitWithoutRights(child);
}

interface Adoption {
  socket: number;
  theirs: number;
  who: ((pid: number) => string) | null;
  makesPid: boolean;
}

/** By itself, so that the helper that waits does not keep all of what it had to do in memory. */
const adoptBy =
  ({ socket, theirs, who, makesPid }: Adoption) =>
  (joiner: number): number => {
    closeSync(theirs);
    const pid = childOf(joiner, socket);
    if (makesPid) {
      // Only of who is alone in a new pid namespace: one of a container's could be stopped in there, and this process with it.
      tell(socket);
      readSync(socket, Buffer.alloc(1));
    }
    if (who !== null) say(`after: ${who(pid)}`, '');
    tell(socket);
    closeSync(socket);
    return pid;
  };

/** Where this process has ended by now, there is nobody to wait for the command, and it is not started. */
function tell(socket: number): void {
  try {
    writeSync(socket, '.');
  } catch (error) {
    if (errorCode(error) !== 'EPIPE') throw error; // It has ended itself, and has said why.
  }
}

/** The pid of the joiner's child, which is this process's child too. Where there is none, the joiner has said why. */
function childOf(joiner: number, socket: number): number {
  const ended = waitForEnd(joiner);
  const word = Buffer.alloc(4);
  if (readSync(socket, word) < word.length) return endAs(ended);
  const pid = word.readInt32LE();
  if (pid > 0) return pid;
  const cause = new SyscallError('clone', -pid);
  return explainNoMemory(new HelperError('joinFailed', `nothing can be started in there: ${cause.message}`, { cause }));
}

/** Once everything is verified: to the command, with no descriptor left. */
function commandSteps(state: State, { ids }: Joining, free: number): Step[] {
  const { confinement, directory, namespaces } = state;
  const environment = state.environment.map((entry) => Buffer.from(entry, 'latin1'));
  const joinsMnt = namespaces.some(({ type }) => type === 'mnt');
  const path = directory === null ? (state.cwd ?? (joinsMnt ? '/' : null)) : null;
  return [
    ...(directory === null ? [] : [enterDirectory(directory)]),
    ...(confinement?.label ? takeLabel(confinement.label, state.procFd, free) : []),
    ...(ids.uid === 0 ? [] : [dropCapabilities()]),
    closeAll(),
    ...(path === null ? [] : [changeDirectory(path)]),
    ...setLimits(limitsOfCommand(confinement?.limits ?? [], BY_JOINER)),
    ...executeCommand(state.command, environment),
  ];
}

/** The line of --verbose but for what sayLinks() adds. It can be told before: where it does not become true, nothing is started. */
function whoItWillBe(joining: Joining, pid: number): string {
  return describeWho({ pid, ...joining.ids, hostname: hostNameOf(joining) });
}

const sayWhere = (state: State): Step[] => (state.verbose ? sayLinks(state.procFd) : []);

/** Of another uts namespace it can be asked for only in there, by a joiner of its own. */
function hostNameOf({ joinUts, keep }: Joining): string {
  if (joinUts === null) return hostName();
  const [socket, theirs] = socketPair();
  waitForEnd(startChild(joinerLaunch([...joinUts, ...tellNames(theirs)], null), [...keep, theirs]));
  closeSync(theirs);
  const names = Buffer.alloc(UTSNAME_SIZE);
  readSync(socket, names);
  closeSync(socket);
  // Its second field, nodename; each has 65 bytes.
  const [name = ''] = names.toString('utf8', 65, 2 * 65).split('\0');
  return shownHostName(name);
}

/** The lowest descriptor that is not open in a joiner with those of `keep`. */
function lowestBut(keep: readonly number[]): number {
  for (let fd = 3; ; fd++) if (!keep.includes(fd)) return fd;
}
