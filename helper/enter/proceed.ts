// Carries a state to its end where no joiner is needed (ways.ts): new namespaces, joins, the view, verification, identity, exec. All in this
// process, in whose place the command comes, or whose child it is: only children of whoever joins a pid namespace are in it (setns(2)).
import { errorCode, HelperError, reason } from '../errors';
import { NAMESPACE_TYPES, namespaceType, type NamespaceName } from '../namespaceTypes';
import { say } from '../say';
import { fchdir } from '../syscalls/files';
import { leaveSessionKeyring, limitCapabilities, setNoNewPrivileges } from '../syscalls/identity';
import { mount, MS_PRIVATE, MS_REC, setInterfaceUp } from '../syscalls/mounts';
import { unshare } from '../syscalls/namespaces';
import { changeDirectory } from './directory';
import { getVariable } from './environment';
import { become, confine, keepRightsToThisThread, mustLeaveKeyring } from './identity';
import { describeSelf, isIn, joinAll, stillToJoin, verifyJoined } from './join';
import { execInPlace, runAsChild, waitWithoutRights, type Launch } from './launch';
import { limitsOfCommand } from './limits';
import { cannotMake, noMoreOf, notPermitted } from './made';
import { explainNoMemory } from './noMemory';
import { findProgram } from './program';
import { closeAll, type State } from './state';
import { mayType, refuseTyping } from './terminalInput';
import { applyView } from './applyView';
import { isEmpty } from './view';

/** Never resolves: the command takes this process's place, or this process ends as the command does. */
export async function proceed(state: State): Promise<never> {
  const joinsPid = state.namespaces.some((namespace) => namespace.type === 'pid' && !isIn(namespace, state.procFd));
  if (!joinsPid) return execInPlace(finish(state, false));
  return waitWithoutRights(runAsChild(finish(state, true)).catch(explainNoMemory));
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
  const typing = refuseTyping();
  if (state.noNewPrivileges) setNoNewPrivileges();
  const leavesKeyring = mustLeaveKeyring(joinsMnt, state.identity);
  if (state.identity) become(state.identity);
  if (leavesKeyring) leaveSessionKeyring();
  if (asChild) keepRightsToThisThread();
  // The bounding set holds only from the next exec on, and a child shares our memory until then.
  if (state.confinement?.bounding) limitCapabilities(BigInt(`0x${state.confinement.bounding}`));
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
  const { environment } = state;
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
      throw makeError(name, error);
    }
  }
}

function makeError(type: NamespaceName, error: unknown): HelperError {
  const [code, options] = [errorCode(error), { cause: error }];
  if (code === 'EPERM') return new HelperError('notPermitted', notPermitted(type), options);
  if (code === 'ENOSPC') return new HelperError('joinFailed', noMoreOf(type), options);
  return new HelperError('joinFailed', cannotMake(type) + reason(error), options);
}
