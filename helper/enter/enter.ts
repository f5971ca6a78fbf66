// `ns-helper enter`: opens and verifies all that was asked for, makes a state of it, and then chooses the way in. Each step's
// own file says why it is done so; helper/README.md has the whole picture.
import { constants, openSync } from 'node:fs';
import { activePolicy, checkAgainst, isBound } from '../install/policy';
import { refuseLackingTypes } from '../kernelTypes';
import type { NamespaceName } from '../namespaceTypes';
import { say } from '../say';
import { userByName } from '../syscalls/accounts';
import { closeInheritedFolders } from '../syscalls/files';
import { setNotDumpable } from '../syscalls/identity';
import { isRestarted, restartReadOnly } from './again';
import { parseEnter, type EnterRequest } from './arguments';
import { type Caller, findCaller } from './caller';
import { joinCgroupsOf } from './cgroup';
import { givenEnvironment } from './environment';
import {
  describeSelf,
  isAnotherRoot,
  refuseForeignPidNamespace,
  refuseForeignUserNamespace,
  stillToJoin,
} from './join';
import { makeState, type Opened } from './makeState';
import { refuseFewOpenFiles } from './ownLimits';
import { proceed } from './proceed';
import { hasOwnMounts, holdInPlace } from './readOnly';
import { pinNamespaces, type PinnedNamespace } from './target';
import type { ThroughJoiner } from './ways';

/** Never resolves: the command takes this process's place, or this process ends as the command does. */
export async function enter(argv: readonly string[], throughJoiner: ThroughJoiner): Promise<never> {
  const request = parseEnter(argv);
  refuseFewOpenFiles();
  const own = givenEnvironment();
  const caller = findCaller(process.env);
  const bound = holdToPolicy(request, caller);
  setNotDumpable();
  closeInheritedFolders();

  const opened = { request, own, caller, bound, ...open(request) };
  const { toJoin, procFd } = opened;
  const tell = (text: string): void => {
    if (request.verbose) say(text);
  };
  const sayWhere = (): void => {
    tell(`before: ${describeSelf(procFd)}`);
  };
  const [mnt, user] = [toJoin.get('mnt'), toJoin.get('user')];
  // Not yet where that can be done in place: the caller's environment file is still to be removed.
  const isAlone = hasOwnMounts(request.ownMounts);
  if (mnt && isRoot() && !isAlone) restartReadOnly(own, sayWhere, mnt.target === null ? mnt.fd : null);

  const { state, notes, cgroup } = makeState(opened);
  if (mnt && isRoot() && isAlone) holdInPlace();
  if (!isRestarted()) sayWhere();
  if (cgroup) notes.push(...joinCgroupsOf(cgroup.target, cgroup.guards));
  for (const note of notes) tell(`not as in the container: ${note}`);

  const needsJoiner =
    user !== undefined || toJoin.has('time') || request.make.some((type) => MADE_BY_JOINER.includes(type));
  return needsJoiner ? throughJoiner(state, user, request.as, caller) : proceed(state);
}

/** See ways.ts. */
const MADE_BY_JOINER: readonly NamespaceName[] = ['user', 'time', 'pid'];

const isRoot = (): boolean => process.geteuid?.() === 0;

/** Whether the caller is bound by a policy. Throws if that does not allow the request. */
function holdToPolicy(request: EnterRequest, caller: Caller): boolean {
  const policy = activePolicy(process.argv[1] ?? '');
  const name = (): string | null => caller.account()?.name ?? null;
  const uidOf = (user: string): number | null => userByName(user)?.uid ?? null;
  if (!isBound(policy, { uid: caller.uid, name }, uidOf)) return false;
  checkAgainst(policy, request);
  return true;
}

/** Opens and verifies the namespaces, and refuses early what cannot be made or joined. */
function open(request: EnterRequest): Pick<Opened, 'pinned' | 'toJoin' | 'procFd'> {
  refuseLackingTypes(request.make);
  const pinned = pinNamespaces(request.joins);
  const procFd = openSync('/proc', constants.O_RDONLY | constants.O_DIRECTORY);
  const left = stillToJoin(pinned, takesAnotherRoot(request, pinned), procFd);
  const toJoin = new Map(left.map((namespace) => [namespace.type, namespace]));
  const [pid, user] = [toJoin.get('pid'), toJoin.get('user')];
  if (pid) refuseForeignPidNamespace(pid, procFd);
  if (user) refuseForeignUserNamespace(user, procFd);
  return { pinned, toJoin, procFd };
}

/** This can be so even in our own mount namespace: a process gets another root directory by chroot(2) alone. */
function takesAnotherRoot({ root }: EnterRequest, pinned: readonly PinnedNamespace[]): boolean {
  const ofTarget = pinned.find(({ type }) => type === 'mnt')?.target?.root ?? null;
  return root !== null || (ofTarget !== null && isAnotherRoot(ofTarget));
}
