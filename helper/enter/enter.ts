// `ns-helper enter`: the order of entering, from arguments to exec. Each step's own file says why it is done so.
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { HelperError, quote, reason } from '../errors';
import { setNotDumpable } from '../syscalls';
import { parseEnter, type EnterRequest } from './arguments';
import { buildEnvironment, getVariable, splitEnvironment, type Environment } from './environment';
import { findNsenter, nsenterAll, nsenterTimeFirst, rootOf, withoutLoaderVariables } from './handOff';
import { become, becomeAbleToJoin, findCaller, type Caller } from './identity';
import { describeSelf, joinAll, notYetIn, refuseForeignPidNamespace, verifyJoined } from './join';
import { execInPlace, runAsChild } from './launch';
import { findProgram, findShellIn } from './program';
import { O_PATH, pinNamespaces, type PinnedNamespace } from './target';

/** What has been opened and verified, and may now be acted on. */
interface Entry {
  request: EnterRequest;
  caller: Caller;
  /** The helper's own environment. */
  own: Environment;
  pinned: PinnedNamespace[];
  /** Those of `pinned` that the helper is not in already. */
  toJoin: PinnedNamespace[];
  joinsMnt: boolean;
  /** The root directory to take with mnt; null: the mount namespace's own. */
  root: number | null;
  /** Empty: a shell of the host's, chosen once the environment is known. */
  command: string[];
  /** The host's /proc, which still shows this process once mnt is joined. */
  procFd: number;
}

/** Resolves with the command's exit code, where this process waited for it; else the command has taken its place. */
export async function enter(argv: readonly string[]): Promise<number> {
  const request = parseEnter(argv);
  // Before the next step closes it. Bytes, which process.env no longer has.
  const own = splitEnvironment(readFileSync('/proc/self/environ'));
  const caller = findCaller(process.env);
  setNotDumpable();

  const entry = openAndVerify(request, caller, own);
  say(entry, 'before');
  const asks = (type: string): boolean => entry.toJoin.some((namespace) => namespace.type === type);
  if (asks('user')) return enterByNsenter(entry);
  if (asks('time')) return enterTimeFirst(entry);
  return enterInProcess(entry, asks('pid'));
}

function openAndVerify(request: EnterRequest, caller: Caller, own: Environment): Entry {
  const pinned = pinNamespaces(request.joins);
  const procFd = openSync('/proc', constants.O_RDONLY | constants.O_DIRECTORY);
  const toJoin = notYetIn(pinned, procFd);
  const pid = toJoin.find((namespace) => namespace.type === 'pid');
  if (pid) refuseForeignPidNamespace(pid, procFd);
  const mnt = toJoin.find((namespace) => namespace.type === 'mnt');
  const root = mnt ? openRoot(request, mnt) : null;
  const command = request.command.length > 0 || root === null ? request.command : [findShellIn(root)];
  return { request, caller, own, pinned, toJoin, joinsMnt: mnt !== undefined, root, command, procFd };
}

async function enterInProcess(entry: Entry, asChild: boolean): Promise<number> {
  const { request, caller, toJoin, joinsMnt, root, procFd } = entry;
  if (request.as === 'root' && process.geteuid?.() !== 0) throw notRoot();
  const environment = environmentOf(entry);
  joinAll(toJoin, root);
  verifyJoined(entry.pinned, procFd);
  if (request.as === 'me') become(caller);
  say(entry, 'after');
  closeSync(procFd);
  changeDirectory(request.cwd ?? (joinsMnt ? '/' : null));
  const argv = commandOf(entry, environment);
  const program = findProgram(argv[0], getVariable(environment, 'PATH'));
  const launch = { program, argv, environment };
  return asChild ? runAsChild(launch) : execInPlace(launch);
}

function enterByNsenter(entry: Entry): never {
  const { request, caller, toJoin, joinsMnt, root } = entry;
  const program = findNsenter();
  const environment = withoutLoaderVariables(environmentOf(entry));
  const user = toJoin.find((namespace) => namespace.type === 'user');
  const identity = request.as === 'me' || !user ? caller : rootOf(user);
  if (process.geteuid?.() === 0) becomeAbleToJoin(identity);
  else if (identity.uid !== caller.uid) throw notRoot();
  if (!joinsMnt) changeDirectory(request.cwd);
  const argv = nsenterAll(toJoin, root, joinsMnt ? (request.cwd ?? '/') : null, commandOf(entry, environment));
  return execInPlace({ program, argv, environment }, descriptors(entry));
}

function enterTimeFirst(entry: Entry): never {
  const { request, toJoin, root, command, own } = entry;
  const argv = nsenterTimeFirst(toJoin, root, request, command);
  return execInPlace({ program: findNsenter(), argv, environment: own }, descriptors(entry));
}

function openRoot(request: EnterRequest, mnt: PinnedNamespace): number | null {
  if (request.root === null) return mnt.target?.root ?? null;
  try {
    return openSync(request.root, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    throw new HelperError('badDirectory', `--root ${quote(request.root)}: ${reason(error)}`, { cause: error });
  }
}

function environmentOf({ request, caller, own }: Entry): Environment {
  return buildEnvironment(request, caller, own);
}

function commandOf({ command, caller, joinsMnt }: Entry, environment: Environment): [string, ...string[]] {
  const [first, ...rest] = command;
  if (first !== undefined) return [first, ...rest];
  if (joinsMnt) return ['/bin/sh'];
  const shell = getVariable(environment, 'SHELL');
  return [shell?.startsWith('/') ? shell : (caller.account?.shell ?? '/bin/sh')];
}

const descriptors = ({ toJoin, root }: Entry): number[] => [
  ...toJoin.map(({ fd }) => fd),
  ...(root === null ? [] : [root]),
];

function changeDirectory(directory: string | null): void {
  if (directory === null) return;
  try {
    process.chdir(directory);
  } catch (error) {
    throw new HelperError('badDirectory', `cannot change to ${quote(directory)} in there: ${reason(error)}`, {
      cause: error,
    });
  }
}

function say({ request, procFd }: Entry, when: string): void {
  if (request.verbose) writeSync(2, `ns-helper: ${when}: ${describeSelf(procFd)}\n`);
}

const notRoot = (): HelperError =>
  new HelperError('notPermitted', '--as root: you are not root here; start ns-helper with sudo');
