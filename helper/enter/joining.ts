// Carries out what a joiner is to do (joinSteps.ts): in this process's place, or as its child where pid is joined, and only children are in
// that namespace.
import { closeSync, readSync, writeSync } from 'node:fs';
import { HelperError, SyscallError } from '../errors';
import type { Step } from '../joiner/image';
import { joinerLaunch } from '../joiner/joiner';
import { say as sayStep } from '../joiner/steps';
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
  sayMounts,
  setLimits,
  tellNames,
  UTSNAME_SIZE,
} from './commandSteps';
import { keepRightsToThisThread } from './identity';
import { describeJoined, hostName, shownHostName } from './join';
import { dropCapabilities, takeLabel } from './identitySteps';
import { verify } from './joinSteps';
import { execInPlace, runAsChild, startChild, waitWithoutRights } from './launch';
import { BY_JOINER, limitsOfCommand } from './limits';
import { explainNoMemory } from './noMemory';
import type { OpenNamespace, State } from './state';
import { lowestBut } from './tools';

export interface Joining {
  /** How namespaces are joined here. */
  join: (namespaces: readonly OpenNamespace[]) => Step[];
  /** Everything up to who the command is to be; `free` is the lowest descriptor that is not open. */
  steps: (free: number) => readonly Step[];
  /** The descriptors that these use. */
  keep: readonly number[];
  /** Who the command will be, in the ids of its user namespace. */
  ids: { uid: number; gid: number };
}

/** Becomes the joiner, which becomes the command. */
export function becomeCommand(state: State, joining: Joining): never {
  const said = state.verbose
    ? [sayStep(`ns-helper: after: ${whereItWillBe(state, joining, process.pid)}`), ...sayMounts(state.procFd)]
    : [];
  const after = [...said, ...commandSteps(state, joining, joining.keep)];
  const steps = [
    ...joining.steps(lowestBut(joining.keep)),
    ...verify(state.namespaces, state.procFd, firstOf(after)),
    ...after,
  ];
  return execInPlace(joinerLaunch(steps, state.openFiles), joining.keep);
}

/** Starts the joiner, whose child the command is, and waits for that one. */
export function startAndWait(state: State, joining: Joining): Promise<never> {
  const [socket, theirs] = socketPair();
  const keep = [...joining.keep, theirs];
  const command = commandSteps(state, joining, keep);
  const said = state.verbose ? sayMounts(state.procFd) : [];
  const toSay = [...said, ...command];
  const after = state.verbose ? [...awaitWord(theirs, firstOf(toSay)), ...toSay] : command;
  const verified = verify(state.namespaces, state.procFd, firstOf(after));
  const steps = [...joining.steps(lowestBut(keep)), ...fork(theirs, firstOf(verified)), ...verified, ...after];
  const where = state.verbose ? (pid: number) => whereItWillBe(state, joining, pid) : null;
  const child = runAsChild(joinerLaunch(steps, state.openFiles), keep, undefined, adoptBy(socket, theirs, where));
  setNotDumpable();
  keepRightsToThisThread();
  return waitWithoutRights(child);
}

/** By itself, so that the helper that waits does not keep all of what it had to do in memory. */
const adoptBy =
  (socket: number, theirs: number, where: ((pid: number) => string) | null) =>
  (joiner: number): number => {
    closeSync(theirs);
    const pid = childOf(joiner, socket);
    if (where !== null) {
      say(`after: ${where(pid)}`, '');
      writeSync(socket, '.');
    }
    closeSync(socket);
    return pid;
  };

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
function commandSteps(state: State, { ids }: Joining, keep: readonly number[]): Step[] {
  const { confinement, directory, namespaces } = state;
  const environment = state.environment.map((entry) => Buffer.from(entry, 'latin1'));
  const joinsMnt = namespaces.some(({ type }) => type === 'mnt');
  const path = directory === null ? (state.cwd ?? (joinsMnt ? '/' : null)) : null;
  return [
    ...(directory === null ? [] : [enterDirectory(directory)]),
    ...(confinement?.label ? takeLabel(confinement.label, state.procFd, lowestBut(keep)) : []),
    ...(ids.uid === 0 ? [] : [dropCapabilities()]),
    closeAll(),
    ...(path === null ? [] : [changeDirectory(path)]),
    ...setLimits(limitsOfCommand(confinement?.limits ?? [], BY_JOINER)),
    ...executeCommand(state.command, environment),
  ];
}

function firstOf(steps: readonly Step[]): Step {
  const [first] = steps;
  if (!first) throw new Error('no step is left');
  return first;
}

/**
 * The line of --verbose but for what sayMounts() adds. It can be told before: where it does not become true, nothing is started.
 */
function whereItWillBe({ namespaces, procFd }: State, joining: Joining, pid: number): string {
  const types = namespaces.filter(({ type }) => type === 'user' || type === 'uts');
  const hostname = types.some(({ type }) => type === 'uts') ? hostNameIn(types, joining) : hostName();
  const whole = describeJoined(namespaces, procFd, { pid, ...joining.ids, hostname });
  return whole.slice(0, whole.lastIndexOf('mnt:['));
}

/** Which can be asked for only in there, by a joiner of its own. */
function hostNameIn(namespaces: readonly OpenNamespace[], { join, keep }: Joining): string {
  const [socket, theirs] = socketPair();
  waitForEnd(startChild(joinerLaunch([...join(namespaces), ...tellNames(theirs)], null), [...keep, theirs]));
  closeSync(theirs);
  const names = Buffer.alloc(UTSNAME_SIZE);
  readSync(socket, names);
  closeSync(socket);
  // Its second field, nodename; each has 65 bytes.
  const [name = ''] = names.toString('utf8', 65, 2 * 65).split('\0');
  return shownHostName(name);
}
