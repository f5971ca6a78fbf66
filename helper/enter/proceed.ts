// Carries a state to its end: new namespaces, the last joins, the view, verification, identity, exec. All in this process if possible,
// otherwise in a child: only children of whoever joins or makes a pid namespace are in it (setns(2), unshare(2)).
import { constants, fstatSync } from 'node:fs';
import { errorCode, HelperError, reason } from '../errors';
import { NAMESPACE_TYPES, namespaceType, type NamespaceName } from '../namespaceTypes';
import { say } from '../say';
import { fchdir, openat } from '../syscalls/files';
import {
  leaveSessionKeyring,
  limitCapabilities,
  setCapabilities,
  setNoNewPrivileges,
  setParentDeathSignal,
} from '../syscalls/identity';
import { mount, MS_PRIVATE, MS_REC, setInterfaceUp } from '../syscalls/mounts';
import { unshare } from '../syscalls/namespaces';
import { SIGNALS } from '../syscalls/signals';
import { changeDirectory } from './directory';
import { getVariable, ownEnvironment, type Environment } from './environment';
import { become, confine, keepRightsToThisThread, mustLeaveKeyring } from './identity';
import { describeSelf, isIn, joinAll, stillToJoin, verifyJoined } from './join';
import { execInPlace, runAsChild, waitWithoutRights, type Launch } from './launch';
import { limitsOfCommand } from './limits';
import { explainNoMemory } from './noMemory';
import { findProgram } from './program';
import { resumeCommand } from './again';
import { closeAll, type OpenNamespace, type State } from './state';
import { mayType, refuseTyping } from './terminalInput';
import { applyView } from './applyView';
import { isEmpty } from './view';
import type { JoinerWays } from './ways';

/** Never resolves: the command takes this process's place, or this process ends as the command does. */
export async function proceed(state: State, ways: JoinerWays): Promise<never> {
  if (state.make.includes('time')) return throughNewTime(state, ways);
  const joinsPid = state.namespaces.some((namespace) => namespace.type === 'pid' && !isIn(namespace, state.procFd));
  if (joinsPid) {
    return waitWithoutRights(runAsChild(finish(state, true)).catch(explainNoMemory));
  }
  if (state.make.includes('pid')) return throughChild(state);
  return execInPlace(finish(state, false));
}

/**
 * Makes a new time namespace and joins it like any other one. Otherwise only children would be in it, and before Linux 6.0 no child
 * could that shares our memory until it executes a program, as those of posix_spawn(3) do.
 */
function throughNewTime(state: State, { throughTime }: JoinerWays): never {
  make(['time']);
  const fd = openat(state.procFd, 'thread-self/ns/time_for_children', constants.O_RDONLY);
  const [source, path] = ['ns-helper itself', '/proc/thread-self/ns/time_for_children'];
  const time: OpenNamespace = { type: 'time', fd, inode: fstatSync(fd).ino, source, path };
  const others = state.make.filter((type) => type !== 'time');
  return throughTime({ ...state, namespaces: [...state.namespaces, time], make: others });
}

/**
 * Makes a new pid namespace and lets a helper in a child do the rest, which may mount a /proc there. Never where a pid namespace is
 * joined: its processes would find the host's files, and root's rights, in that child.
 */
async function throughChild(state: State): Promise<never> {
  make(['pid']);
  const next: State = { ...state, make: state.make.filter((type) => type !== 'pid'), isChild: true };
  const { argv, keep } = resumeCommand(next);
  const launch: Launch = { program: argv[0], argv, environment: ownEnvironment(), openFiles: null };
  const child = runAsChild(launch, keep, state.procFd);
  if (state.identity) become(state.identity);
  keepRightsToThisThread();
  return waitWithoutRights(child);
}

/** All that is left to do in this process before the command is started, in its place or as its child; returns how. */
function finish(state: State, asChild: boolean): Launch {
  const toJoin = stillToJoin(state.namespaces, state.root !== null, state.procFd);
  const joinsMnt = state.namespaces.some((namespace) => namespace.type === 'mnt');
  const [last, first] = [toJoin.filter(({ type }) => type === 'mnt'), toJoin.filter(({ type }) => type !== 'mnt')];
  joinAll(first, null);
  make(state.make);
  const notes = joinsMnt ? [] : fitView(state);
  if (state.confinement) notes.push(...confine(state.confinement, state.procFd));
  joinAll(last, state.root?.fd ?? null);
  verifyJoined(state.namespaces, state.procFd);
  if (state.directory !== null) fchdir(state.directory.fd);
  // As long as there is the right to.
  const typing = state.refusesTyping ? null : refuseTyping();
  if (state.noNewPrivileges) setNoNewPrivileges();
  const leavesKeyring = mustLeaveKeyring(joinsMnt, state.identity);
  if (state.identity) become(state.identity);
  if (leavesKeyring) leaveSessionKeyring();
  if (asChild) keepRightsToThisThread();
  if (!state.keepCapabilities) setCapabilities([]);
  // The bounding set holds only from the next exec on, and a child shares our memory until then.
  else if (state.confinement?.bounding) limitCapabilities(BigInt(`0x${state.confinement.bounding}`));
  // After become(), which would clear it. The command must not outlive the helper that waits for it.
  if (state.isChild) setParentDeathSignal(SIGNALS.SIGKILL);
  if (state.verbose) {
    for (const note of notes) say(`not as in the container: ${note}`);
    if (typing !== null) say(mayType(typing));
    say(`after: ${describeSelf(state.procFd)}`);
  }
  // From here on paths are looked up that the caller or the target chose, and one of /proc/self/fd must lead nowhere.
  closeAll(state);
  if (state.directory === null) changeDirectory(state.cwd ?? (joinsMnt ? '/' : null));
  return launchOf(state);
}

function launchOf(state: State): Launch {
  const environment: Environment = state.environment.map((entry) => Buffer.from(entry, 'latin1'));
  const program = findProgram(state.command[0] ?? '', getVariable(environment, 'PATH'));
  const limits = limitsOfCommand(state.confinement?.limits ?? []);
  return { program, argv: state.command, environment, openFiles: state.openFiles, limits };
}

function fitView({ view, make, namespaces }: State): string[] {
  if (isEmpty(view)) return [];
  const joinedPid = namespaces.find(({ type }) => type === 'pid');
  return applyView(view, joinedPid?.fd ?? null, make.includes('mnt'));
}

/** unshare(2) of each type; a new network namespace gets its loopback up, without which nothing local works in it. */
function make(types: readonly NamespaceName[]): void {
  for (const { name } of NAMESPACE_TYPES) {
    if (!types.includes(name)) continue;
    try {
      unshare(namespaceType(name).flag);
      if (name === 'net') setInterfaceUp('lo');
      // As unshare(1) does: mounts of the new namespace do not spread to the old one.
      if (name === 'mnt') mount('none', '/', '', MS_REC | MS_PRIVATE);
    } catch (error) {
      throw cannotMake(name, error);
    }
  }
}

function cannotMake(name: NamespaceName, error: unknown): HelperError {
  const what = `a new ${name} namespace cannot be created: ${reason(error)}`;
  const code = errorCode(error);
  if (code === 'EPERM')
    return new HelperError('notPermitted', `${what}; add --new user, or start ns-helper with sudo`, { cause: error });
  // namespaces(7): a user namespace's limit for each type, its ancestors' counting too.
  const limit = `; /proc/sys/user/max_${name}_namespaces, in this user namespace or one around it, allows no more`;
  return new HelperError('joinFailed', code === 'ENOSPC' ? what + limit : what, { cause: error });
}
