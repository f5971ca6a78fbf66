// What has been opened, verified and read, and is to be done: data alone, so that one helper can hand it on to the next
// through an inherited descriptor. That takes place where a namespace can only be entered by a child or by another program.
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { NamespaceName } from '../namespaceTypes';
import { memfd } from '../syscalls/files';
import type { OwnFiles } from './again';
import type { Confinement, Identity } from './identity';
import { writeMemory } from './ownLimits';
import type { ViewPlan } from './view';

/** What has been opened, and by which path. Something else may be there by now. */
export interface Place {
  fd: number;
  path: string;
}

export interface OpenNamespace extends Place {
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
  /** Whether this process is the child that a new pid namespace asks for. */
  isChild: boolean;
  /** O_PATH descriptor of the root directory to take with mnt; null: the mount namespace's own. */
  root: Place | null;
  /** O_PATH descriptor of the directory to start in; null: `cwd` decides. */
  directory: Place | null;
  /** Path of the directory to start in; null: stay, or `/` where mnt is joined. */
  cwd: string | null;
  view: ViewPlan;
  /** Who to become, in the ids of this process's user namespace; null: stay who one is. */
  identity: Identity | null;
  /** Whether root keeps its capabilities: `--as me` does not, not even as root of a user namespace made for it. */
  keepCapabilities: boolean;
  confinement: Confinement | null;
  /** Whether the command may never gain rights, by set-user-ID programs for one (prctl(2), PR_SET_NO_NEW_PRIVS). */
  noNewPrivileges: boolean;
  /** Whether this process, and so the command, is kept from typing already: see terminalInput.ts. */
  refusesTyping: boolean;
  /** Soft limit of open files that the caller has, which Node raised for itself; null where it is not known. */
  openFiles: number | null;
  /** `NAME=value` each, in latin1 so that every byte survives. */
  environment: string[];
  /** Program and arguments, not empty. */
  command: string[];
  /** Descriptor of the host's /proc, which still shows this process once mnt is joined. */
  procFd: number;
  /** For starting the helper again. */
  ownFiles: OwnFiles;
  verbose: boolean;
}

/** Descriptors of what is entered. They have to stay open in whoever carries the state on. */
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
  const { node, helper, koffi, program, code } = state.ownFiles;
  for (const fd of [...descriptorsOf(state), node, helper, koffi, program]) closeSync(fd);
  if (code !== null) closeSync(code);
}

/** Writes a state into a file without a name and returns its descriptor. */
export function saveState(state: State): number {
  const fd = memfd('ns-helper');
  writeMemory(fd, JSON.stringify(state));
  return fd;
}

/** Reads what saveState() wrote, and closes it. */
export function loadState(fd: number): State {
  const buffer = Buffer.alloc(fstatSync(fd).size);
  readSync(fd, buffer, 0, buffer.length, 0);
  closeSync(fd);
  return JSON.parse(buffer.toString('utf8')) as State;
}
