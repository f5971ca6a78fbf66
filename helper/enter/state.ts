// What has been opened, verified and read, and is to be done.
import { closeSync } from 'node:fs';
import type { NamespaceName } from '../namespaceTypes';
import type { Environment } from './environment';
import type { Confinement, Identity } from './identity';
import type { ViewPlan } from './view';

/** What has been opened, and by which path. Something else may be there by now. */
export interface Place {
  fd: number;
  path: string;
}

export interface OpenNamespace {
  fd: number;
  type: NamespaceName;
  inode: number;
  /** For messages: `process 4242`, or a quoted path. */
  source: string;
}

export interface State {
  /** All namespaces that were asked for, those that have been joined already among them. */
  namespaces: OpenNamespace[];
  /** Types of which new namespaces are still to be made. */
  make: NamespaceName[];
  /** O_PATH descriptor of the root directory to take with mnt; null: the mount namespace's own. */
  root: Place | null;
  /** O_PATH descriptor of the directory to start in; null: `cwd` decides. */
  directory: Place | null;
  /** Path of the directory to start in; null: stay, or `/` where mnt is joined. */
  cwd: string | null;
  view: ViewPlan;
  /** Who to become, in the ids of this process's user namespace; null: stay who one is. */
  identity: Identity | null;
  confinement: Confinement | null;
  /** Whether the command may never gain rights, by set-user-ID programs for one (prctl(2), PR_SET_NO_NEW_PRIVS). */
  noNewPrivileges: boolean;
  /** Soft limit of open files that the caller has, which Node raised for itself; null where it is not known. */
  openFiles: number | null;
  environment: Environment;
  /** Program and arguments, not empty. */
  command: string[];
  /** Descriptor of the host's /proc, which still shows this process once mnt is joined. */
  procFd: number;
  verbose: boolean;
}

/** Descriptors of what is entered. They have to stay open in a joiner. */
export function descriptorsOf(state: State): number[] {
  const places = [...state.namespaces, state.root, state.directory].filter((place) => place !== null);
  return [...places.map(({ fd }) => fd), state.procFd];
}

/**
 * Closes all that a state holds. What is marked close-on-exec is still open while exec looks the program up: a link or a first line
 * that says /proc/self/fd/N/.. would lead through an open folder of the host's to its root. And in a joined pid namespace a process
 * with CAP_SYS_PTRACE can stop the child before exec and look at its descriptors.
 */
export function closeAll(state: State): void {
  for (const fd of descriptorsOf(state)) closeSync(fd);
}
