// The contract between the helper and whoever calls it: exit codes, scan records, version. Types and data only, so that
// the extension may import it.
import type { NamespaceName } from './namespaceTypes';

/** Version of the `scan --json` document. Raised when a field changes its meaning. */
export const SCAN_VERSION = 1;

/**
 * The helper's own failures. A command that was started gives its own exit code (or 128+N for signal N), 126 means found
 * but not executable, 127 not found; everything else is one of these, one code per cause.
 */
export const EXIT = {
  notExecutable: { code: 126, meaning: 'the command was found, but cannot be executed' },
  notFound: { code: 127, meaning: 'the command was not found' },
  badArguments: { code: 200, meaning: 'an argument is unknown, malformed or missing' },
  unsupportedType: { code: 202, meaning: 'this kernel has no such namespace type' },
  noTarget: { code: 203, meaning: 'the target process or namespace file does not exist (any more)' },
  staleTarget: { code: 204, meaning: 'the process id belongs to another process now: its start time differs' },
  wrongNamespace: { code: 205, meaning: 'the namespace is not the one that was asked for: its inode or type differs' },
  notPermitted: { code: 206, meaning: 'the kernel refused: not permitted' },
  joinFailed: { code: 207, meaning: 'a namespace could not be joined, or the join did not take' },
  identityFailed: { code: 208, meaning: 'the identity asked for could not be taken on' },
  badEnvFile: { code: 209, meaning: 'the environment file cannot be trusted or read' },
  badDirectory: { code: 210, meaning: 'the working directory cannot be entered' },
  noShell: { code: 211, meaning: "no shell was found in the target's filesystem" },
  missingTool: { code: 212, meaning: 'a program that is needed (nsenter) is missing or too old' },
  internal: { code: 219, meaning: 'a fault of the helper itself' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitCause = keyof typeof EXIT;

/** Inode numbers of namespaces, by type. A type that may not be read is absent. */
export type NamespaceInodes = Partial<Record<NamespaceName, number>>;

/** A container, or anything else that has namespaces of its own, seen by its first process. */
export interface ScannedContainer {
  /** docker, podman, lxc, … as far as /proc tells; `netns` for a named network namespace, `sandbox` for the rest. */
  engine: string;
  name: string;
  /** The engine's own id, where /proc tells it (from the cgroup path). */
  id: string | null;
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. With the pid it names one process for ever. */
  startTime: number;
  /** User id that owns the process, as seen from here. */
  uid: number;
  /** All processes with exactly these namespaces. */
  pids: number[];
  /** pid of the container in whose pid namespace hierarchy or process tree this one lies, if any. */
  parent: number | null;
  namespaces: NamespaceInodes;
  /** Types whose link may not be read with the present rights. */
  locked: NamespaceName[];
}

/** What `ns-helper scan --json` prints. */
export interface ScanDocument {
  version: typeof SCAN_VERSION;
  host: NamespaceInodes;
  containers: ScannedContainer[];
  /** Processes about which not even the basics could be read, with the errno's name. */
  unreadable: { pid: number; error: string }[];
}
