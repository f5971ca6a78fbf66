// `ns-helper enter`: opens and verifies all that was asked for, reads what is needed of the target, and then chooses the
// way in. Each step's own file says why it is done so; helper/README.md has the whole picture.
import { constants, openSync, readFileSync, writeSync } from 'node:fs';
import { HelperError, quote, reason } from '../errors';
import { refuseLackingTypes } from '../kernelTypes';
import type { NamespaceName } from '../namespaceTypes';
import { userByName } from '../syscalls/accounts';
import { closeInheritedFolders, O_PATH } from '../syscalls/files';
import { setNotDumpable } from '../syscalls/identity';
import { isRestarted, openOwnFiles, restartReadOnly } from './again';
import { parseEnter, type EnterRequest } from './arguments';
import { bytesOf } from './bytes';
import { type Caller, callersOpenFileLimit, findCaller } from './caller';
import { joinCgroupsOf } from './cgroup';
import { activePolicy, checkAgainst, isBound } from '../install/policy';
import { buildEnvironment, chooseShell, splitEnvironment } from './environment';
import { guardAmong, unguarded } from './guard';
import type { Identity } from './identity';
import {
  describeSelf,
  isAnotherRoot,
  refuseForeignPidNamespace,
  refuseForeignUserNamespace,
  stillToJoin,
} from './join';
import { softOpenFiles } from './limits';
import { proceed } from './proceed';
import { findShellIn } from './program';
import type { State } from './state';
import { closeRoots, pinNamespaces, type PinnedNamespace, type PinnedTarget } from './target';
import { readTargetIdentity, type TargetIdentity, userInside } from './targetIdentity';
import { planView } from './view';
import { findNsenterForTime, throughNewUser, throughTime, throughUser } from './ways';

/** Never resolves: the command takes this process's place, or this process ends as the command does. */
export async function enter(argv: readonly string[]): Promise<never> {
  const request = parseEnter(argv);
  // Before the next step closes it. Bytes, which process.env no longer has.
  const own = splitEnvironment(readFileSync('/proc/self/environ'));
  const caller = findCaller(process.env);
  const policy = activePolicy(process.argv[1] ?? '');
  const bound = isBound(policy, { uid: caller.uid, name: () => caller.account()?.name ?? null }, uidOf);
  if (bound) checkAgainst(policy, request);
  setNotDumpable();
  closeInheritedFolders();

  refuseLackingTypes(request.make);
  const pinned = pinNamespaces(request.joins);
  const procFd = openSync('/proc', constants.O_RDONLY | constants.O_DIRECTORY);
  const toJoin = stillToJoin(pinned, takesAnotherRoot(request, pinned), procFd);
  const ofType = (type: NamespaceName): PinnedNamespace | undefined =>
    toJoin.find((namespace) => namespace.type === type);
  const [pid, mnt, user] = [ofType('pid'), ofType('mnt'), ofType('user')];
  if (pid) refuseForeignPidNamespace(pid, procFd);
  if (user) refuseForeignUserNamespace(user, procFd);
  const say = (text: string): void => {
    if (request.verbose) writeSync(2, `ns-helper: ${text}\n`);
  };
  const sayWhere = (): void => {
    if (request.verbose) say(`before: ${describeSelf(procFd)}`);
  };
  if (mnt && process.geteuid?.() === 0) restartReadOnly(own, sayWhere, mnt.target === null ? mnt.fd : null);

  const root = mnt ? openRoot(request, mnt) : null;
  const target = request.as === 'target' ? identityTarget(pinned) : null;
  const inherited = target && readTargetIdentity(target);
  const entersNet = ofType('net') !== undefined || request.make.includes('net');
  const entersPid = pid !== undefined || request.make.includes('pid');
  // With the target's own files there is nothing to fit, and none of them has to be read.
  const views = pinned.some(({ type }) => type === 'mnt') ? [] : request.views;
  const view = planView(views, caller, ofType('net'), entersNet, entersPid);
  // Before any path of the caller's is looked up.
  closeRoots(pinned, root);
  const environment = buildEnvironment({ request, caller, own, joinsMnt: mnt !== undefined, target: inherited });
  const shell = (): string[] =>
    root === null ? [chooseShell(environment, caller, mnt !== undefined)] : findShellIn(root);
  const command = request.command.length > 0 ? request.command : shell();

  const identity = chooseIdentity(request, caller, inherited, root);
  const asTarget = inherited ? inherited.confinement : null;
  // Root as such has all rights, whatever it executes; that of a joined user namespace has none out here.
  const isRoot = !asTarget && (identity === null || identity.uid === 0);
  const guardedMnt = user || isRoot ? undefined : mnt;
  const guard = guardedMnt ? guardAmong(guardedMnt, asTarget, procFd) : unguarded(asTarget);

  const state: State = {
    namespaces: pinned.map(({ type, fd, inode, source }) => ({ type, fd, inode, source })),
    make: request.make,
    isChild: false,
    root,
    cwdFd: request.cwd === null && mnt && inherited ? inherited.cwd : null,
    cwd: request.cwd,
    view,
    identity,
    keepCapabilities: true,
    // Under a policy the caller chooses what /etc/resolv.conf says in there; no set-user-ID program may believe it.
    noNewPrivileges: bound || guard.noNewPrivileges,
    confinement: guard.confinement,
    openFiles: inherited ? softOpenFiles(inherited.confinement.limits) : callersOpenFileLimit(),
    environment: environment.map((entry) => entry.toString('latin1')),
    command,
    procFd,
    ownFiles: openOwnFiles(),
    nsenter: ofType('time') || request.make.includes('time') ? findNsenterForTime() : null,
    verbose: request.verbose,
  };
  if (!isRestarted()) sayWhere();
  if (inherited && !inherited.environment)
    say('not as in the container: its environment and directory may not be read');
  if (inherited?.seccomp) say('not as in the container: its seccomp filter is not in force for the command');
  const cgroupTarget = target ?? guardedMnt?.target;
  if (cgroupTarget)
    for (const note of joinCgroupsOf(cgroupTarget, guard.devices)) say(`not as in the container: ${note}`);

  if (request.make.includes('user')) return throughNewUser(state, request.as, caller);
  if (user) return throughUser(state, user, request.as, caller);
  if (ofType('time')) return throughTime(state);
  return proceed(state);
}

const uidOf = (name: string): number | null => userByName(name)?.uid ?? null;

/** Also in our own mount namespace: chroot(2) alone gives a process another root directory. */
function takesAnotherRoot({ root }: EnterRequest, pinned: readonly PinnedNamespace[]): boolean {
  const ofTarget = pinned.find(({ type }) => type === 'mnt')?.target?.root ?? null;
  return root !== null || (ofTarget !== null && isAnotherRoot(ofTarget));
}

function openRoot(request: EnterRequest, mnt: PinnedNamespace): number | null {
  if (request.root === null) return mnt.target?.root ?? null;
  try {
    return openSync(bytesOf(request.root), O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    throw new HelperError(
      'badDirectory',
      `--root ${quote(request.root)}: ${reason(error)}; leave it out for the target's own root`,
      { cause: error },
    );
  }
}

/** The process that `--as target` means: the one whose filesystem is joined, or else the first one named. */
function identityTarget(pinned: readonly PinnedNamespace[]): PinnedTarget | null {
  const ofMnt = pinned.find((namespace) => namespace.type === 'mnt')?.target;
  return ofMnt ?? pinned.find((namespace) => namespace.target !== null)?.target ?? null;
}

/** In ids as seen from here; throughUser() turns them into those of a joined user namespace. */
function chooseIdentity(
  { as }: EnterRequest,
  caller: Caller,
  target: TargetIdentity | null,
  root: number | null,
): Identity | null {
  if (as === 'me') return caller;
  if (as === 'root') {
    if (process.geteuid?.() !== 0) return { uid: 0, gid: 0, groups: [] };
    return null;
  }
  if (as === 'target') return target?.identity ?? null;
  if ('uid' in as) return { uid: as.uid, gid: as.gid ?? as.uid, groups: [as.gid ?? as.uid] };
  if (root === null)
    throw new HelperError(
      'identityFailed',
      `--as ${quote(as.user)}: the target's filesystem is not at hand to look the name up; give UID:GID`,
    );
  return userInside(root, as.user);
}
