// Makes a State from the request and the open namespaces: reads what is needed of the target and of the caller, and decides who the
// command runs as, what confines it and what it sees. Joins nothing.
import { constants, openSync } from 'node:fs';
import { HelperError, quote, reason } from '../errors';
import type { NamespaceName } from '../namespaceTypes';
import { O_PATH } from '../syscalls/files';
import type { EnterRequest } from './arguments';
import { bytesOf } from './bytes';
import { type Caller, callersOpenFileLimit } from './caller';
import { buildEnvironment, chooseShell, type Environment } from './environment';
import { guardAmong, unguarded } from './guard';
import type { Identity } from './identity';
import { softOpenFiles } from './limits';
import { findShellIn } from './program';
import type { State } from './state';
import { closeRoots, type PinnedNamespace, type PinnedTarget } from './target';
import { readTargetIdentity, type TargetIdentity, userInside } from './targetIdentity';
import { planView, type ViewPlan } from './view';

export interface Opened {
  request: EnterRequest;
  caller: Caller;
  /** The helper's own environment. */
  own: Environment;
  /** Whether a policy binds the caller. */
  bound: boolean;
  pinned: readonly PinnedNamespace[];
  /** The pinned ones that are still to be joined. */
  toJoin: ReadonlyMap<NamespaceName, PinnedNamespace>;
  /** Descriptor of the host's /proc. */
  procFd: number;
}

export interface Made {
  state: State;
  /** What is not as in the container, for --verbose. */
  notes: string[];
  /** Whose cgroups the command joins, and whether their device rules have to hold; null: it stays in ours. */
  cgroup: { target: PinnedTarget; guards: boolean } | null;
}

export function makeState(opened: Opened): Made {
  const { request, caller, own, bound, pinned, toJoin, procFd } = opened;
  const mnt = toJoin.get('mnt');
  const root = mnt ? openRoot(request, mnt) : null;
  const target = request.as === 'target' ? identityTarget(pinned) : null;
  const inherited = target && readTargetIdentity(target);
  const view = chooseView(opened);
  // Before any path of the caller's is looked up.
  closeRoots(pinned, root);
  const environment = buildEnvironment({ request, caller, own, joinsMnt: mnt !== undefined, target: inherited });
  const shell = (): string[] =>
    root === null ? [chooseShell(environment, caller, mnt !== undefined)] : findShellIn(root);

  const identity = chooseIdentity(request, caller, inherited, root);
  const asTarget = inherited ? inherited.confinement : null;
  // Root of our own user namespace has all rights, whatever it executes; that of a joined one has none out here.
  const isRoot = !asTarget && (identity === null || identity.uid === 0);
  const guardedMnt = toJoin.has('user') || isRoot ? undefined : mnt;
  const guard = guardedMnt ? guardAmong(guardedMnt, asTarget, procFd) : unguarded(asTarget);
  const cgroupTarget = target ?? guardedMnt?.target;

  const directory = request.cwd === null && mnt && inherited ? inherited.cwd : null;
  const state: State = {
    namespaces: pinned.map(({ type, fd, inode, source }) => ({ type, fd, inode, source })),
    make: request.make,
    root: root === null ? null : { fd: root, path: request.root ?? `/proc/${mnt?.target?.pid}/root` },
    directory: directory === null ? null : { fd: directory, path: `/proc/${target?.pid}/cwd` },
    cwd: request.cwd,
    view,
    identity,
    // Under a policy the caller chooses what /etc/resolv.conf says in there; no set-user-ID program may believe it.
    noNewPrivileges: bound || guard.noNewPrivileges,
    confinement: guard.confinement,
    openFiles: inherited ? softOpenFiles(inherited.confinement.limits) : callersOpenFileLimit(),
    environment,
    command: request.command.length > 0 ? request.command : shell(),
    procFd,
    verbose: request.verbose,
  };
  return {
    state,
    notes: inherited ? notAsInside(inherited) : [],
    cgroup: cgroupTarget ? { target: cgroupTarget, guards: guard.devices } : null,
  };
}

function notAsInside({ environment, seccomp }: TargetIdentity): string[] {
  return [
    ...(environment ? [] : ['its environment and directory may not be read']),
    ...(seccomp ? ['its seccomp filter is not in force for the command'] : []),
  ];
}

function chooseView({ request, caller, pinned, toJoin }: Opened): ViewPlan {
  const entersNet = toJoin.has('net') || request.make.includes('net');
  const entersPid = toJoin.has('pid') || request.make.includes('pid');
  // With the target's own files there is nothing to fit, and none of them has to be read.
  const views = pinned.some(({ type }) => type === 'mnt') ? [] : request.views;
  return planView(views, caller, toJoin.get('net'), entersNet, entersPid);
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

/** In ids as seen from here, but for root's where we are not; intoUser() of ways.ts has those of a joined user namespace. */
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
