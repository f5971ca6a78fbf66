// Starts the helper again to take over a state. Its own files are handed on as descriptors: the new helper may run as a user, such
// as root of a container's user namespace, who cannot reach them by their paths, for example in a home that is closed to others.
import { constants, openSync } from 'node:fs';
import { type Compiled, openCompiled } from '../compiled';
import { shield, unshield } from '../protocol';
import { koffiFile } from '../syscalls/libc';
import { ownArguments } from './bytes';
import { ownEnvironment, type Environment } from './environment';
import { execInPlace } from './launch';
import { holdReadOnly, isWritable, OWN_FILE } from './readOnly';
import { descriptorsOf, saveState, type State } from './state';

/** The name under which a helper runs that was started again, in ps(1) too. It only decides what --verbose says. */
const RESTARTED = 'ns-helper';
export const isRestarted = (): boolean => process.argv0 === RESTARTED;

/**
 * If the program that runs us can be written to, starts this helper again from a read-only mount of it, with the same command line;
 * only a mount namespace that was given as a file is named by `mntFile`, its descriptor, from then on. Call this before any of a
 * target's files is executed. `before` is called only if the helper is started again.
 */
export function restartReadOnly(
  environment: Environment,
  before: () => void = () => undefined,
  mntFile: number | null = null,
): void {
  if (!isWritable(OWN_FILE)) return;
  before();
  const program = holdReadOnly(process.execPath);
  const given = unshield(ownArguments());
  const args = mntFile === null ? given : withMntFile(given, mntFile);
  const argv = [RESTARTED, ...process.execArgv, '--', process.argv[1] ?? '', ...shield(args)];
  execInPlace({ program, argv, environment, openFiles: null }, mntFile === null ? [] : [mntFile]);
}

/** A copy of a mount namespace has no bind mounts of mount namespaces: the kernel omits them, so that none keeps itself alive. */
function withMntFile(args: readonly string[], fd: number): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((value, index) =>
    index < end && args[index - 1] === '--file' ? value.replace(/^(mnt=(?:[0-9]+:)?).*$/s, `$1${fdPath(fd)}`) : value,
  );
}

/** The same for a helper that has taken over a state inside a user namespace, where only root of that namespace may mount. */
export function resumeReadOnly(state: State): void {
  if (!isWritable(OWN_FILE)) return;
  const node = openSync(holdReadOnly(process.execPath), constants.O_RDONLY);
  const { argv, keep } = resumeCommand({ ...state, ownFiles: { ...state.ownFiles, node } });
  execInPlace({ program: argv[0], argv, environment: ownEnvironment(), openFiles: null }, keep);
}

/** Descriptors of what a helper is made of. */
export interface OwnFiles extends Compiled {
  node: number;
  helper: number;
  koffi: number;
}

/** To be called before any identity is taken on. */
export function openOwnFiles(): OwnFiles {
  const open = (path: string): number => openSync(path, constants.O_RDONLY);
  const helper = open(process.argv[1] ?? '');
  return { node: open(OWN_FILE), helper, koffi: open(koffiFile), ...openCompiled(__filename) };
}

export interface ResumeCommand {
  argv: [string, ...string[]];
  /** What has to stay open for it. */
  keep: number[];
}

/** Command line of a helper that takes over `state`; see resume.ts. */
export function resumeCommand(state: State): ResumeCommand {
  const { node, helper, koffi, program, code } = state.ownFiles;
  const stateFd = saveState(state);
  const handed = [stateFd, koffi, program, ...(code === null ? [] : [code])];
  // Without the option, Node would look for the path behind the descriptor, and for each folder on it.
  const options = new Set([...process.execArgv, '--preserve-symlinks-main']);
  return {
    argv: [fdPath(node), ...options, '--', fdPath(helper), 'resume', ...handed.map(String)],
    keep: [...descriptorsOf(state), node, helper, ...handed],
  };
}

export const fdPath = (fd: number): string => `/proc/self/fd/${fd}`;
