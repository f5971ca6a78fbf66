// Starting the helper again, to take over a state: by descriptors of its own files, since whom it runs as then, such as root
// of a container's user namespace, may not reach them where they lie: in the home of somebody who lets no one in.
import { constants, openSync } from 'node:fs';
import { koffiFile } from '../syscalls/libc';
import { descriptorsOf, saveState, type State } from './state';

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
