// Starting the helper again, to take over a state: by descriptors of its own files, since whom it runs as then, such as root
// of a container's user namespace, may not reach them where they lie: in the home of somebody who lets no one in.
import { constants, openSync } from 'node:fs';
import { shield, unshield } from '../protocol';
import { koffiFile } from '../syscalls/libc';
import { ownArguments } from './bytes';
import { ownEnvironment, type Environment } from './environment';
import { execInPlace } from './launch';
import { holdReadOnly, isWritable } from './readOnly';
import { descriptorsOf, saveState, type State } from './state';

/** What a helper that was started anew goes by, in ps(1) too. Nothing but what it says depends on it. */
const RESTARTED = 'ns-helper';
export const isRestarted = (): boolean => process.argv0 === RESTARTED;

/**
 * Where the program that runs us could be written to, starts this helper anew from a read-only mount: the same command line, but
 * for a file of a mount namespace, which is `mntFile`, a descriptor, from then on. To be called before anything of a target's is
 * executed. `before` is done only where that takes place.
 */
export function restartReadOnly(
  environment: Environment,
  before: () => void = () => undefined,
  mntFile: number | null = null,
): void {
  if (!isWritable('/proc/self/exe')) return;
  before();
  const program = holdReadOnly(process.execPath);
  const given = unshield(ownArguments());
  const args = mntFile === null ? given : withMntFile(given, mntFile);
  const argv = [RESTARTED, ...process.execArgv, '--', process.argv[1] ?? '', ...shield(args)];
  execInPlace({ program, argv, environment, openFiles: null }, mntFile === null ? [] : [mntFile]);
}

/**
 * In the copy of a mount namespace, the places where files of mount namespaces were mounted are empty: the kernel leaves those out,
 * so that no mount namespace ever keeps itself.
 */
function withMntFile(args: readonly string[], fd: number): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((value, index) =>
    index < end && args[index - 1] === '--file' ? value.replace(/^(mnt=(?:[0-9]+:)?).*$/s, `$1${fdPath(fd)}`) : value,
  );
}

/** The same for one that has taken over a state inside a user namespace, where only that one's root may mount. */
export function resumeReadOnly(state: State): void {
  if (!isWritable('/proc/self/exe')) return;
  const node = openSync(holdReadOnly(process.execPath), constants.O_RDONLY);
  const { argv, keep } = resumeCommand({ ...state, ownFiles: { ...state.ownFiles, node } });
  execInPlace({ program: argv[0], argv, environment: ownEnvironment(), openFiles: null }, keep);
}

/** Descriptors of what a helper is made of. */
export interface OwnFiles {
  node: number;
  helper: number;
  koffi: number;
}

/** To be called before any identity is taken on. */
export function openOwnFiles(): OwnFiles {
  const open = (path: string): number => openSync(path, constants.O_RDONLY);
  return { node: open('/proc/self/exe'), helper: open(process.argv[1] ?? ''), koffi: open(koffiFile) };
}

export interface ResumeCommand {
  argv: [string, ...string[]];
  /** What has to stay open for it. */
  keep: number[];
}

/** Command line of a helper that takes over `state`; see resume.ts. */
export function resumeCommand(state: State): ResumeCommand {
  const { node, helper, koffi } = state.ownFiles;
  const stateFd = saveState(state);
  // Without the option, Node would look for the path behind the descriptor, and for each folder on it.
  const options = new Set([...process.execArgv, '--preserve-symlinks-main']);
  return {
    argv: [fdPath(node), ...options, '--', fdPath(helper), 'resume', String(stateFd), String(koffi)],
    keep: [...descriptorsOf(state), stateFd, node, helper, koffi],
  };
}

const fdPath = (fd: number): string => `/proc/self/fd/${fd}`;
