// The ways in that lead through a tool of util-linux: `user` and `time` cannot be joined, nor `user` made, by a process
// with several threads (setns(2), unshare(2)), which every Node process is. The tool is given descriptors of the very
// namespaces that were verified, never a pid, and starts the helper again for the rest.
import { readFileSync, realpathSync, statSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { HelperError } from '../errors';
import { idOutside, parseIdMap } from '../idMap';
import { namespaceType, type NamespaceName } from '../namespaceTypes';
import { isRootsAlone } from '../install/trust';
import { leaveSessionKeyring } from '../syscalls/identity';
import { userNamespaceObstacle } from '../userNamespaces';
import { resumeCommand } from './again';
import type { As } from './arguments';
import type { Caller } from './caller';
import { ownEnvironment, type Environment } from './environment';
import { become, becomeAbleToJoin, confine, type Confinement, type Identity, mustLeaveKeyring } from './identity';
import { insideIdentity, outsideIdentity, type IdMaps } from './idMaps';
import { isOwnedBelow, joinAll, ownerAbove, stillToJoin } from './join';
import { execInPlace } from './launch';
import { limitsOfCommand } from './limits';
import { holdReadOnly, isWritable } from './readOnly';
import type { OpenNamespace, State } from './state';
import { type PinnedNamespace, readOf } from './target';
import { mayType, refuseTyping } from './terminalInput';

/** Absolute path of a tool that knows these options, from where only root can write; never from PATH. */
function findTool(name: 'nsenter' | 'unshare', options: readonly string[]): string {
  const lacking = BUSYBOX_LACKS.find((option) => options.some((given) => given.split('=')[0] === option));
  let why = `user and time namespaces need ${name}`;
  for (const path of [`/usr/bin/${name}`, `/bin/${name}`]) {
    if (!isRootsAlone(path) || !statSync(path).isFile()) continue;
    if (lacking === undefined || basename(realpathSync(path)) !== 'busybox') return path;
    why = `the ${name} here is BusyBox's, which has no ${lacking}`;
  }
  throw new HelperError('missingTool', `${why}: install the package util-linux`);
}

/** Of the options given here, those that only util-linux's nsenter and unshare have; BusyBox would print its usage. */
const BUSYBOX_LACKS = ['--time', '--cgroup', '--wdns', '--map-current-user', '--keep-caps'];

export const findNsenterForTime = (): string => findTool('nsenter', ['--time']);

/** `time` alone by nsenter, then the helper again for everything else. */
export function throughTime(state: State): never {
  const time = state.namespaces.filter((namespace) => namespace.type === 'time');
  return execTool(['nsenter', ...joinOptions(time)], state, [], state.nsenter ?? undefined);
}

/**
 * `user` by nsenter, with everything else but mnt and pid, then the helper again inside, as root there. Where that cannot
 * be, nsenter joins everything and runs the command itself: see canStage().
 */
export function throughUser(state: State, user: PinnedNamespace, as: As, caller: Caller): never {
  const maps = readMaps(user);
  const rootHere = maps && rootOf(maps);
  if (!maps || !rootHere || !canStage(state, user, as === 'me' && rootHere.uid !== caller.uid)) {
    return directly(state, user, identityHere(state, as, caller, maps), caller);
  }
  if (process.geteuid?.() === 0) becomeAbleToJoin(as === 'me' ? caller : { ...rootHere, groups: [] });
  else if (rootHere.uid !== caller.uid) throw notRoot();
  const joined = toJoin(state).filter((namespace) => !LATER.includes(namespace.type));
  const way = wayThroughOwner(state, user);
  return execTool(
    ['nsenter', ...way.options, '--preserve-credentials', ...joinOptions(joined)],
    {
      ...state,
      identity: as === 'me' || as === 'root' ? null : insideIdentity(state.identity, as === 'target', maps),
    },
    way.keep,
  );
}

/** Joined by the helper inside, as the last: so it never is among the target's processes with the host's files in reach. */
const LATER: readonly NamespaceName[] = ['pid', 'mnt'];

/**
 * Whether a helper may run inside the user namespace for a moment. It has the host's files then, and root of the user
 * namespace has all rights over it: no process of the target may be able to see it. And what is joined last must be that
 * root's to join.
 */
function canStage(state: State, user: PinnedNamespace, callerIsNotItsRoot: boolean): boolean {
  const later = toJoin(state).filter((namespace) => LATER.includes(namespace.type));
  return (
    !callerIsNotItsRoot && user.target?.seesUs === false && later.every((namespace) => isOwnedBelow(namespace, user))
  );
}

interface Way {
  /** What comes first on nsenter's command line. */
  readonly options: readonly string[];
  /** What has to stay open for that. */
  readonly keep: readonly number[];
}

/**
 * The namespaces of bubblewrap's and Flatpak's sandboxes do not belong to the user namespace that their processes are in, but
 * to another one between that and ours. Who made both may join the outer one, has all rights there, and joins the rest by a
 * second nsenter from in there. Root has the rights already.
 */
function wayThroughOwner(state: State, user: PinnedNamespace): Way {
  if (process.geteuid?.() === 0) return { options: [], keep: [] };
  for (const namespace of toJoin(state).filter(({ type }) => type !== 'user')) {
    const owner = ownerAbove(namespace, user, state.procFd);
    if (owner === null) continue;
    const first = ['--preserve-credentials', `--user=/proc/self/fd/${owner}`];
    return { options: [...first, '--', findTool('nsenter', [])], keep: [owner] };
  }
  return { options: [], keep: [] };
}

/** Who to be inside, in the ids from out here. */
function identityHere({ identity, confinement }: State, as: As, caller: Caller, maps: IdMaps | null): Identity {
  if (as === 'me') return caller;
  if (as === 'target' && identity) {
    if (confinement && !staysConfined(confinement, identity, maps))
      throw new HelperError(
        'identityFailed',
        '--as target cannot be confined as the target is in that user namespace; use --as root or --as me',
      );
    return identity;
  }
  const root = maps && rootOf(maps);
  if (!maps || !root) {
    throw new HelperError(
      'identityFailed',
      'that user namespace has no root, or no process that tells who it is; use --as me',
    );
  }
  if (as === 'root' || !identity) return { ...root, groups: [] };
  return outsideIdentity(identity, maps);
}

/**
 * Whether a process that is confined before it joins a user namespace is still confined afterwards. The kernel resets the bounding
 * set (user_namespaces(7)), which makes no difference to a process that is not root in there and cannot gain rights by executing a
 * program. A label would apply to nsenter.
 */
function staysConfined({ noNewPrivileges, label }: Confinement, { uid }: Identity, maps: IdMaps | null): boolean {
  return noNewPrivileges && label === null && maps !== null && idOutside(maps.uid, 0) !== uid;
}

/** A new user namespace by unshare(1), as the caller; then the helper again inside, with that namespace's rights. */
export function throughNewUser(state: State, as: As, caller: Caller): never {
  const unfit = state.namespaces.find(({ type }) => ['mnt', 'pid', 'time', 'user'].includes(type));
  if (unfit) {
    throw new HelperError(
      'badArguments',
      `--new user cannot be combined with joining ${unfit.type}: the rights to it end where a new user namespace begins`,
    );
  }
  if (as !== 'me' && as !== 'root') {
    throw new HelperError(
      'badArguments',
      'a new user namespace has only one user: take --as me, or --as root to be root inside',
    );
  }
  const obstacle = userNamespaceObstacle(caller.uid);
  if (obstacle) {
    throw new HelperError(
      'notPermitted',
      `a new user namespace cannot be created: ${obstacle.path} is ${obstacle.value}, which ${obstacle.means}; change that with sysctl, or leave user out and start ns-helper with sudo`,
    );
  }
  joinAll(toJoin(state), null);
  become(caller);
  const mapping = as === 'root' ? ['--map-root-user'] : ['--map-current-user', '--keep-caps'];
  return execTool(['unshare', '--user', ...mapping], {
    ...state,
    make: state.make.filter((type) => type !== 'user'),
    identity: null,
    // A program that root executes would regain them all, and by that the kernel forgets PR_SET_PDEATHSIG (prctl(2)).
    keepCapabilities: as === 'root' || caller.uid === 0,
  });
}

function execTool(
  [name, ...options]: ['nsenter' | 'unshare', ...string[]],
  next: State,
  alsoKeep: readonly number[] = [],
  program = findTool(name, options),
): never {
  const { argv, keep } = resumeCommand(next);
  const launch = { program, argv: [name, ...options, '--', ...argv], environment: ownEnvironment() };
  return execInPlace({ ...launch, openFiles: null }, [...keep, ...alsoKeep]);
}

/** nsenter's options for namespaces whose descriptors stay open across exec. */
function joinOptions(namespaces: readonly OpenNamespace[]): string[] {
  return namespaces.map(({ type, fd }) => `${namespaceType(type).option}=/proc/self/fd/${fd}`);
}

/**
 * nsenter joins everything, as an identity taken on before. With the host's files and processes the helper follows, as whoever the
 * command is to be: who can look into it in there could look into the command. Else nsenter runs the command. No view is fitted then,
 * and what nsenter was given stays open: descriptors of the target's own namespaces, root and directory, and of nothing that leads out.
 */
function directly(state: State, user: PinnedNamespace, identity: Identity, caller: Caller): never {
  if (state.make.length > 0) {
    throw new HelperError(
      'badArguments',
      '--new cannot be combined with joining that user namespace; leave one of them out',
    );
  }
  const joinsMnt = state.namespaces.some((namespace) => namespace.type === 'mnt');
  if (process.geteuid?.() !== 0 && identity.uid !== caller.uid) throw notRoot();
  const notes = state.confinement ? confine({ ...state.confinement, bounding: null }, state.procFd) : [];
  const rootOptions = state.root === null ? [] : [`--root=/proc/self/fd/${state.root}`];
  if (state.cwdFd !== null) rootOptions.push(`--wd=/proc/self/fd/${state.cwdFd}`);
  else if (joinsMnt) rootOptions.push(`--wdns=${state.cwd ?? '/'}`);
  const way = wayThroughOwner(state, user);
  const options = [...way.options, '--preserve-credentials', ...joinOptions(toJoin(state)), ...rootOptions];
  const leaves = mustLeaveKeyring(joinsMnt, identity);
  const tool = findTool('nsenter', options);
  const program = joinsMnt && isWritable(tool) ? holdReadOnly(tool) : tool;
  const typing = refuseTyping();
  if (process.geteuid?.() === 0) becomeAbleToJoin(identity);
  if (leaves) leaveSessionKeyring();
  if (state.verbose) for (const note of notes) writeSync(2, `ns-helper: not as in the container: ${note}\n`);
  if (!toJoin(state).some(({ type }) => LATER.includes(type))) {
    const next = onceJoined(state, typing === null);
    return execTool(['nsenter', ...options], next, way.keep, program);
  }
  const argv = ['nsenter', ...options, '--', ...state.command];
  const environment = withoutLoaderVariables(state.environment.map((entry) => Buffer.from(entry, 'latin1')));
  const { openFiles } = state;
  if (state.verbose) {
    if (typing !== null) writeSync(2, `ns-helper: ${mayType(typing)}\n`);
    const types = toJoin(state).map(({ type }) => type);
    writeSync(2, `ns-helper: after: not told; nsenter joins ${types.join(', ')} and runs the command itself\n`);
  }
  const places = [state.root, state.cwdFd].filter((fd) => fd !== null);
  const keep = [...toJoin(state).map(({ fd }) => fd), ...places, ...way.keep];
  const limits = limitsOfCommand(state.confinement?.limits ?? []);
  return execInPlace({ program, argv, environment, openFiles, limits }, keep);
}

/** What is left to do once everything is joined, as whom it is to be and confined but for the limits of the command alone. */
function onceJoined(state: State, refusesTyping: boolean): State {
  const limits = limitsOfCommand(state.confinement?.limits ?? []);
  return {
    ...state,
    identity: null,
    confinement: { bounding: null, noNewPrivileges: false, oomScoreAdj: null, label: null, limits },
    refusesTyping,
  };
}

/**
 * What must not reach nsenter, which still holds capabilities: variables by which the C library loads the caller's code
 * or data (ld.so(8), gettext(3)). A language with a slash leads to a catalogue of messages outside of the system's. The command
 * does without them too, since nsenter hands on what it was given.
 */
export function withoutLoaderVariables(environment: Environment): Environment {
  const loads =
    /^(?:LD_|GLIBC_TUNABLES=|GCONV_PATH=|(?:MUSL_)?LOCPATH=|NLSPATH=|LANGUAGE=.*\/|OUTPUT_CHARSET=|MALLOC_)/s;
  return environment.filter((entry) => !loads.test(entry.toString('latin1')));
}

const toJoin = (state: State): OpenNamespace[] => stillToJoin(state.namespaces, state.root !== null, state.procFd);

/** The id maps of a joined user namespace, as seen from here; null where it was given as a file. */
function readMaps({ target }: PinnedNamespace): IdMaps | null {
  if (!target) return null;
  return readOf(target, (proc) => {
    const read = (name: string): string => readFileSync(`${proc}/${name}`, 'utf8');
    return {
      uid: parseIdMap(read('uid_map')),
      gid: parseIdMap(read('gid_map')),
      setgroups: read('setgroups').trim() === 'allow',
    };
  });
}

/** The ids that root and its group have here; null where id 0 is not mapped. */
function rootOf(maps: IdMaps): Omit<Identity, 'groups'> | null {
  const [uid, gid] = [idOutside(maps.uid, 0), idOutside(maps.gid, 0)];
  return uid === null || gid === null ? null : { uid, gid };
}

const notRoot = (): HelperError =>
  new HelperError('notPermitted', 'only root may take on that identity there; start ns-helper with sudo');
