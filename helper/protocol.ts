// The contract between the helper and whoever calls it: exit codes, scan records, version. Types and data alone, and how
// Node is to be started, so that the extension may import it.
import type { NamespaceName } from './namespaceTypes';

/** Version of the `scan --json` document. Raised when a field changes its meaning. */
export const SCAN_VERSION = 2;

/**
 * Options for the Node that runs the helper, which does one thing after the other on one thread and is over soon: the four
 * threads that V8 would make for itself cost a tenth of the time until the command runs (1 is the least; 0 means one less
 * than there are processors), and so does the machine code that it would make. Electron has no such options.
 */
export const NODE_OPTIONS: readonly string[] = ['--v8-pool-size=1', '--no-sparkplug'];

/** With those for `enter`: most of its bundle runs, and what V8 compiles only when it is called has been read twice by then. */
export const ENTER_OPTIONS: readonly string[] = ['--no-lazy'];

/**
 * How a helper that joins mnt is started as root: in a mount namespace of its own, in which it can make the mount of Node's file
 * read-only (enter/readOnly.ts). The program's path is the same on all but a few distributions; nothing is looked for by PATH.
 */
export const OWN_MOUNTS = { program: '/usr/bin/unshare', args: ['--mount', '--'], option: '--own-mounts' } as const;

/**
 * What enters, beside the helper's first file: with all that joins `user` and `time` (enter/ways.ts), and without, which V8 has made
 * ready in three quarters of the time.
 */
export const ENTER_BUNDLE = 'enterVerb.js';
export const JOINER_BUNDLE = 'enterByJoiner.js';

export const SCAN_BUNDLE = 'scanVerb.js';

/** Of these `compile` keeps what V8 makes of them. */
export const KEPT_BUNDLES: readonly string[] = [JOINER_BUNDLE, ENTER_BUNDLE, SCAN_BUNDLE];

/** Where. Another V8 has another file; with other options V8 refuses the code in it. */
export const codeFile = (bundle: string): string => `${bundle}.${process.versions.v8}.code`;

/**
 * For `scan`. With --no-sparkplug, as with other options that V8 has by itself, Node compiles all that it loads of its own, which a scan
 * and what looks all day need more of than what enters.
 */
export const SCAN_OPTIONS: readonly string[] = ['--sparkplug'];

/**
 * With those for `scan --watch`: room (MB) for what one look leaves behind, so that V8 does not collect garbage in the middle of it. It
 * cannot be changed later. For a single scan that room would cost more than it saves: the kernel has to make each page of it.
 */
export const WATCH_OPTIONS: readonly string[] = ['--min-semi-space-size=8'];

/**
 * NODE_OPTIONS, and one that not every Node has (22.14 and 23.7 do): SIGUSR1 makes Node open its debugger, which anybody on the
 * machine may then use, and a container may send that signal to root's processes where it shares the machine's pid namespace.
 * helper/run.ts sees to it from its first line on; this, from Node's own.
 */
export const nodeOptions = (): readonly string[] => [
  ...NODE_OPTIONS,
  ...['--disable-sigusr1'].filter((option) => process.allowedNodeEnvironmentFlags.has(option)),
];

/**
 * Node takes some options for its own wherever they are on its command line, behind the script and `--` too (--env-file before
 * 20.19 and 22.8, --experimental-config-file and its like since 22.16), and runs code that the files say which they name. So
 * whoever starts the helper for somebody, as root above all, puts this before each of its arguments: then none begins with `-`.
 */
const SHIELD = '=';

export const shield = (args: readonly string[]): string[] => args.map((argument) => SHIELD + argument);

/** The arguments without the shield, where each has one; else as they are, from somebody who started the helper by hand. */
export function unshield(args: readonly string[]): string[] {
  return args.every((argument) => argument.startsWith(SHIELD))
    ? args.map((argument) => argument.slice(SHIELD.length))
    : [...args];
}

/**
 * The helper's own failures. A command that was started gives its own exit code (or 128+N for signal N), 126 means found
 * but not executable, 127 not found; everything else is one of these, one code per cause. A meaning is also the key of its
 * translation: the extension shows it.
 */
export const EXIT = {
  notExecutable: { code: 126, meaning: 'the command was found, but cannot be executed' },
  notFound: { code: 127, meaning: 'the command was not found' },
  badArguments: { code: 200, meaning: 'an argument is unknown, malformed or missing' },
  unsupportedType: { code: 202, meaning: 'this kernel has no such namespace type' },
  noTarget: { code: 203, meaning: 'the target process or namespace file does not exist (any more)' },
  staleTarget: { code: 204, meaning: 'the process ID belongs to another process now: its start time differs' },
  wrongNamespace: { code: 205, meaning: 'the namespace is not the one that was asked for: its inode or type differs' },
  notPermitted: { code: 206, meaning: 'not permitted by the kernel or a policy' },
  joinFailed: { code: 207, meaning: 'a namespace could not be joined, or the join did not take effect' },
  identityFailed: { code: 208, meaning: 'the requested identity could not be assumed' },
  badEnvFile: { code: 209, meaning: 'the environment file cannot be trusted or read' },
  badDirectory: { code: 210, meaning: 'the working directory cannot be entered' },
  noShell: { code: 211, meaning: "no shell was found in the target's filesystem" },
  missingTool: { code: 212, meaning: 'a program that is needed (visudo) is missing or too old' },
  internal: { code: 219, meaning: 'an internal error of ns-helper' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitCause = keyof typeof EXIT;

/** Inode numbers of namespaces, by type. A type that may not be read is absent. */
export type NamespaceInodes = Partial<Record<NamespaceName, number>>;

/** A container, or anything else that has namespaces of its own, seen by its first process. */
export interface ScannedContainer {
  /** docker, podman, kubernetes, lxc, …; `service`, `netns` (a named network namespace); `sandbox` for the rest. */
  engine: string;
  name: string;
  /** The engine's own id, where it has ids and /proc or the state on disk tells. */
  id: string | null;
  /** containerd's own namespace that the id is one of (`ctr --namespace`); null for other engines, whose ids need none. */
  engineNamespace: string | null;
  state: 'running' | 'paused';
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. With the pid it names one process for ever. */
  startTime: number;
  /** User id that owns the process, as seen from here. */
  uid: number;
  /** Whose container it is: the user of the engine's process, or else of the namespaces. Null for an id without a name. */
  user: string | null;
  /** That user is not root. */
  rootless: boolean;
  /** Image, labels and pod are known from the engine's state on disk, which may take root to read. */
  image: string | null;
  labels: Record<string, string>;
  pod: string | null;
  composeProject: string | null;
  composeService: string | null;
  /** All processes with exactly these namespaces. */
  pids: number[];
  /** pid of the container in whose pid namespace hierarchy or process tree this one lies, if any. */
  parent: number | null;
  namespaces: NamespaceInodes;
  /** Types whose link may not be read with the present rights. */
  locked: NamespaceName[];
}

/** A container that does not run, by what its engine keeps on disk. */
export type StoppedContainer = Pick<
  ScannedContainer,
  | 'engine'
  | 'name'
  | 'engineNamespace'
  | 'user'
  | 'rootless'
  | 'image'
  | 'labels'
  | 'pod'
  | 'composeProject'
  | 'composeService'
> & {
  /** The engine's own; no other one of this engine, its namespace and user has it. */
  id: string;
};

/** A line of /proc/PID/uid_map or gid_map (user_namespaces(7)): `outside` is as seen from here. */
export interface IdRange {
  inside: number;
  outside: number;
  count: number;
}

/** A namespace that may be read, the host's own among them. */
export interface ScannedNamespace {
  type: NamespaceName;
  inode: number;
  /** Inode of the user namespace that owns it; of a user namespace, its parent. Null where it may not be asked for. */
  owner: number | null;
  /** Inode of the parent; only user and pid namespaces have one. */
  parent: number | null;
  /** Processes in it, lowest first; empty where only a holder or a child keeps it, and for the host's unless asked for. */
  pids: number[];
  /**
   * What keeps it besides its processes: paths that root can open, of bind mounts and open descriptors (/proc/PID/fd/N), and
   * behind them sockets, which nobody can (`socket /proc/PID/fd/N`).
   */
  heldBy: string[];
  /** Of a user namespace with a process. */
  uidMap?: IdRange[];
  gidMap?: IdRange[];
}

/** A process of a container. */
export interface ScannedProcess {
  pid: number;
  parent: number;
  /** Its pid in each pid namespace, its own last. */
  nsPids: readonly number[];
  uid: number;
  /** Its user id in its own user namespace; null where the id has no place in there. */
  insideUid: number | null;
  /** Its arguments, or its name where it has none; cut off where too long, and whatever a stranger chose. */
  command: string;
}

/** The daemon of an engine, by its command line. */
export interface ScannedEngine {
  engine: string;
  pid: number;
  uid: number;
  /** Paths of sockets that it was told to listen on; none where it listens where its kind usually does. */
  sockets: string[];
}

/** What `ns-helper scan --json` prints. */
export interface ScanDocument {
  version: typeof SCAN_VERSION;
  host: NamespaceInodes;
  containers: ScannedContainer[];
  /** Of engines that keep files of them, where these may be read. */
  stopped: StoppedContainer[];
  namespaces: ScannedNamespace[];
  engines: ScannedEngine[];
  /** Of all containers, lowest pid first. */
  processes: ScannedProcess[];
  /** Processes of which not even the basics could be read, or not all that they hold, with an errno's name. */
  unreadable: { pid: number; error: string }[];
  /** With `--watch`: how many of the lines `look` this document or one before it has answered. */
  looks?: number;
}
