// Where a user namespace is joined in which no helper may do the rest (canStage() in ways.ts): nsenter joins everything at once, as an
// identity taken on before.
import { HelperError } from '../errors';
import { say } from '../say';
import {
  CAP_DAC_READ_SEARCH,
  CAP_SETUID,
  CAP_SYS_PTRACE,
  leaveSessionKeyring,
  setNoNewPrivileges,
  setNotDumpable,
} from '../syscalls/identity';
import { adoptOrphans } from '../syscalls/processes';
import { fdPath } from './again';
import type { Caller } from './caller';
import type { Environment } from './environment';
import { becomeAbleToJoin, confine, type Identity, keepRightsToThisThread, mustLeaveKeyring } from './identity';
import { execInPlace, type Launch, runAsChild, waitWithoutRights } from './launch';
import { limitsOfCommand } from './limits';
import { holdReadOnly, isWritable } from './readOnly';
import type { Place, State } from './state';
import { adoptCommand, startTracer, type Tracer } from './startTracer';
import type { PinnedNamespace } from './target';
import { mayType, refuseTyping } from './terminalInput';
import { execTool, findTool, joinOptions, LATER, notRoot, ownerBetween, throughOwner, toJoin } from './tools';

/** Who the command is to be, in the ids from out here, and whether that is root of the user namespace. */
export interface Inside {
  identity: Identity;
  isRootInside: boolean;
}

/**
 * With the host's files and processes the helper follows, as whoever the command is to be: who can look into it in there could look
 * into the command. Else nothing of ours may be looked into: nsenter runs the command, no view is fitted, and a second helper out here
 * verifies what was joined before the command begins. Where pid is joined, this one waits for it.
 */
export function directly(
  state: State,
  user: PinnedNamespace,
  { identity, isRootInside }: Inside,
  caller: Caller,
): Promise<never> {
  if (state.make.length > 0) {
    throw new HelperError(
      'badArguments',
      '--new cannot be combined with joining that user namespace; leave one of them out',
    );
  }
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot && identity.uid !== caller.uid) throw notRoot();
  const joinsMnt = state.namespaces.some((namespace) => namespace.type === 'mnt');
  const owner = ownerBetween(state, user);
  const ofOwner = owner === null ? [] : [owner];
  const types = toJoin(state).map(({ type }) => type);
  const waits = types.includes('pid');
  const tracer = LATER.some((type) => types.includes(type))
    ? startTracer(state, { tools: 1 + ofOwner.length, waits }, ofOwner)
    : null;
  const held = tracer === null ? fdPath : (fd: number) => `/proc/${tracer.pid}/fd/${fd}`;
  // From inside of a user namespace nobody may look into a process out here. What is there instead by now is not entered either.
  const place = ({ fd, path }: Place): string => (tracer === null || owner === null ? held(fd) : path);

  const notes = state.confinement ? confine({ ...state.confinement, bounding: null }, state.procFd) : [];
  const options = [
    ...(owner === null ? [] : throughOwner(held(owner))),
    '--preserve-credentials',
    ...joinOptions(toJoin(state), place),
    ...(state.root === null ? [] : [`--root=${place(state.root)}`]),
    ...directoryOptions(state, joinsMnt, place),
  ];
  const leaves = mustLeaveKeyring(joinsMnt, identity);
  const tool = findTool('nsenter', options);
  const program = joinsMnt && isWritable(tool) ? holdReadOnly(tool) : tool;
  // Without rights, typing can be refused only to who gains none (seccomp(2)); for who has all of them in there, that is no loss.
  const givesUpGains = tracer !== null && !isRoot && isRootInside;
  if (state.noNewPrivileges || givesUpGains) setNoNewPrivileges();
  if (givesUpGains) notes.push('no program gives rights, so that none can type into this terminal');
  const typing = refuseTyping();
  if (isRoot) becomeAbleToJoin(identity, tracer === null ? [] : TO_BE_TRACED);
  if (leaves) leaveSessionKeyring();
  if (state.verbose) for (const note of notes) say(`not as in the container: ${note}`);
  if (tracer === null) return execTool(['nsenter', ...options], onceJoined(state, typing === null), ofOwner, program);
  if (state.verbose && typing !== null) say(mayType(typing));
  const argv = ['nsenter', ...options, '--', ...state.command];
  const environment = withoutLoaderVariables(state.environment.map((entry) => Buffer.from(entry, 'latin1')));
  const launch = { program, argv, environment, openFiles: state.openFiles };
  return waits ? waitFor(launch, tracer) : execInPlace(launch);
}

/** To open what the tracer holds, as somebody else than it; and for keepRightsToThisThread(). */
const TO_BE_TRACED = [CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SETUID];

/**
 * Starts nsenter and waits for the command. nsenter itself would wait as somebody with all rights in there, would die of Ctrl-C whatever
 * the command makes of that, and leave it behind.
 */
function waitFor(launch: Launch, tracer: Tracer): Promise<never> {
  adoptOrphans(true);
  const child = runAsChild(launch, [], undefined, (nsenter) => adoptCommand(tracer, nsenter));
  adoptOrphans(false);
  setNotDumpable();
  keepRightsToThisThread();
  return waitWithoutRights(child);
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

/** As of the target where that is known; else the path is looked up inside. */
function directoryOptions({ cwd, directory }: State, joinsMnt: boolean, place: (place: Place) => string): string[] {
  if (directory !== null) return [`--wd=${place(directory)}`];
  return joinsMnt ? [`--wdns=${cwd ?? '/'}`] : [];
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
