// Carries out what a joiner is to do (joinSteps.ts): in this process's place, or as its child where pid is joined, and only children are in
// that namespace.
import { closeSync, readSync, writeSync } from 'node:fs';
import { errorCode, HelperError, SyscallError } from '../errors';
import type { Step } from '../joiner/image';
import { joinerLaunch } from '../joiner/joiner';
import { firstOf, nothing, say as sayStep } from '../joiner/steps';
import { say } from '../say';
import { setNotDumpable } from '../syscalls/identity';
import { hardOpenFileLimit } from '../syscalls/exec';
import { endAs, isChild, socketPair, waitForEnd } from '../syscalls/processes';
import {
  awaitWord,
  changeDirectory,
  closeAll,
  closeAllBut,
  enterDirectory,
  executeCommand,
  fork,
  linksOf,
  setLimits,
  setSoftOpenFiles,
  tellNames,
  tellReady,
  UTSNAME_SIZE,
} from './commandSteps';
import { become, type Identity, keepRightsToThisThread } from './identity';
import { dieWithParent, limitCapabilities, takeLabel } from './identitySteps';
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
  /** The capabilities that it keeps, a bit for each; null: those that it has. */
  rights: bigint | null;
  /** Joins the uts namespace alone; null: the command will be in that of this process. */
  joinUts: readonly Step[] | null;
}

/** Becomes the joiner, which becomes the command. */
export function becomeCommand(state: State, joining: Joining): never {
  const free = lowestBut(joining.keep);
  const { read, say: links } = sayWhere(state);
  const who = state.verbose ? [sayStep(`ns-helper: after: ${whoItWillBe(joining, process.pid)}`)] : [];
  const settled = [nothing(), ...joining.settle(free), ...read, ...who, ...links, ...settleLast(state, joining, free)];
  const steps = [
    ...joining.reach(free),
    ...verify(state.namespaces, state.procFd, firstOf(settled)),
    ...settled,
    closeAll(),
    ...toCommand(state),
  ];
  return execInPlace(joinerLaunch(steps), joining.keep);
}

/**
 * Starts the joiner, whose child the command is, in a joined pid namespace, and waits for that one. Somebody in there may be able to look
 * into it (ptrace(2)): it has become all that it is to be, and closed all that leads out of there, before there is any child.
 */
export function startInJoined(state: State, joining: Joining, waitsAs: Identity | null): Promise<never> {
  const means = meansOf(state, joining);
  const { theirs, free, read, say: links } = means;
  const command = [nothing(), ...links, closeAll(), ...toCommand(state)];
  const child = [nothing(), ...awaitWord(theirs, firstOf(command)), ...command];
  const settled = [
    nothing(),
    ...joining.settle(free),
    ...read,
    ...settleLast(state, joining, free),
    ...closeAllBut(theirs),
    ...fork(theirs, firstOf(child)),
  ];
  const verified = verify(state.namespaces, state.procFd, firstOf(settled));
  const steps = [...joining.reach(free), ...verified, ...settled, ...child];
  return startAndWait(state, joining, { steps, means, makesPid: false, waitsAs });
}

/** The same for the first process of a new pid namespace, in which nobody else is: what is left to be done is done in there. */
export function startInNew(state: State, joining: Joining, waitsAs: Identity | null): Promise<never> {
  const means = meansOf(state, joining);
  const { theirs, free, read, say: links } = means;
  const command = [nothing(), ...links, ...settleLast(state, joining, free), closeAll(), ...toCommand(state)];
  const settled = [
    nothing(),
    ...joining.settle(free),
    dieWithParent(),
    ...read,
    tellReady(theirs),
    ...awaitWord(theirs, firstOf(command)),
    ...command,
  ];
  const child = [dieWithParent(), ...awaitWord(theirs, firstOf(settled)), ...settled];
  const forks = [nothing(), ...fork(theirs, firstOf(child))];
  const verified = verify(state.namespaces, state.procFd, firstOf(forks));
  const steps = [...joining.reach(free), ...verified, ...forks, ...child];
  return startAndWait(state, joining, { steps, means, makesPid: true, waitsAs });
}

/** What a joiner and its child are given for their steps. */
interface Means extends ReturnType<typeof linksOf> {
  /** This process's end of what it is told the child's pid by, and by which it tells that one to go on. */
  socket: number;
  /** The end of these two. */
  theirs: number;
  /** Their descriptors, from 3 on. */
  keep: readonly number[];
  /** The lowest that is not one of these. */
  free: number;
}

function meansOf(state: State, joining: Joining): Means {
  const [socket, theirs] = socketPair();
  const keep = [...joining.keep, theirs];
  return { socket, theirs, keep, free: lowestBut(keep), ...sayWhere(state) };
}

interface Start {
  steps: readonly Step[];
  means: Means;
  /** Whether the command is the first process of a new pid namespace. */
  makesPid: boolean;
  /** Who to wait as; null: as this process is. */
  waitsAs: Identity | null;
}

function startAndWait(state: State, joining: Joining, { steps, means, makesPid, waitsAs }: Start): Promise<never> {
  const { socket, theirs, keep } = means;
  const who = state.verbose ? whoItWillBe(joining, NOT_YET) : null;
  const adopted = { isDone: false };
  const adoptOne = adoptBy({ socket, theirs, who, makesPid });
  const adopt = (joiner: number): number => {
    const pid = adoptOne(joiner);
    adopted.isDone = true;
    return pid;
  };
  const child = runAsChild(joinerLaunch(steps), keep, makesPid ? state.procFd : undefined, adopt);
  // What was started waits in vain then, and ends with this process.
  if (!adopted.isDone) return child;
  if (waitsAs !== null) become(waitsAs);
  setNotDumpable();
  keepRightsToThisThread();
  // Only now: whoever may not signal the command while it ends cannot have it end (prctl(2), PR_SET_PDEATHSIG).
  tell(socket);
  closeSync(socket);
  return waitWithoutRights(child);
}

interface Adoption {
  socket: number;
  theirs: number;
  /** The line of --verbose, with NOT_YET for the pid. */
  who: string | null;
  makesPid: boolean;
}

/** By itself, so that the helper that waits does not keep all of what it had to do in memory. */
const adoptBy =
  ({ socket, theirs, who, makesPid }: Adoption) =>
  (joiner: number): number => {
    closeSync(theirs);
    const pid = childOf(joiner, socket);
    let isReady = true;
    if (makesPid) {
      tell(socket);
      isReady = readSync(socket, Buffer.alloc(1)) === 1;
    }
    if (who !== null && isReady) say(`after: ${who.replace(NOT_YET, String(pid))}`, '');
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
  // It may have a child all the same, which ends with this process.
  if (!('exited' in ended) || ended.exited !== 0) return endAs(ended);
  const word = Buffer.alloc(4);
  const isWhole = readSync(socket, word) === word.length;
  const pid = word.readInt32LE();
  if (isWhole && pid > 0 && isChild(pid)) return pid;
  if (isWhole && pid < 0 && pid >= -MAX_ERRNO) {
    const cause = new SyscallError('clone', -pid);
    const message = `nothing can be started in there: ${cause.message}`;
    return explainNoMemory(new HelperError('joinFailed', message, { cause }));
  }
  // Whoever can look into the joiner's child, in a joined pid namespace, could have told something else before the joiner did, or that
  // nothing will come (shutdown(2)).
  throw new HelperError(
    'joinFailed',
    'somebody in that pid namespace has interfered with the start of the command; nothing was started',
  );
}

/** IS_ERR() of include/linux/err.h. */
const MAX_ERRNO = 4095;

/** The last that takes descriptors or rights. */
function settleLast({ directory, confinement, procFd }: State, { rights }: Joining, free: number): Step[] {
  return [
    ...(directory === null ? [] : [enterDirectory(directory)]),
    ...(confinement?.label ? takeLabel(confinement.label, procFd, free) : []),
    ...(rights === null ? [] : [limitCapabilities(rights)]),
  ];
}

/** Without a descriptor left: paths are looked up that the caller or the target chose. */
function toCommand(state: State): Step[] {
  const { confinement, directory, environment, namespaces, openFiles } = state;
  const joinsMnt = namespaces.some(({ type }) => type === 'mnt');
  const path = directory === null ? (state.cwd ?? (joinsMnt ? '/' : null)) : null;
  return [
    ...(path === null ? [] : [changeDirectory(path)]),
    ...(openFiles === null ? [] : [setSoftOpenFiles(openFiles, hardOpenFileLimit())]),
    ...setLimits(limitsOfCommand(confinement?.limits ?? [], BY_JOINER)),
    ...executeCommand(state.command, environment),
  ];
}

/** The line of --verbose but for what linksOf() adds. It can be told before: where it does not become true, nothing is started. */
function whoItWillBe(joining: Joining, pid: number | string): string {
  return describeWho({ pid, ...joining.ids, hostname: hostNameOf(joining) });
}

const sayWhere = (state: State): ReturnType<typeof linksOf> =>
  state.verbose ? linksOf(state.procFd) : { read: [], say: [] };

const NOT_YET = '?';

/** Of another uts namespace it can be asked for only in there, by a joiner of its own. */
function hostNameOf({ joinUts, keep }: Joining): string {
  if (joinUts === null) return hostName();
  const [socket, theirs] = socketPair();
  waitForEnd(startChild(joinerLaunch([...joinUts, ...tellNames(theirs)]), [...keep, theirs]));
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
