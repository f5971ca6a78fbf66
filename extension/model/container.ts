// One container with its namespaces, as the tree, the selection and the plan see it. Plain data, no I/O.
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { ScannedNamespace, ScannedProcess } from '../../helper/protocol';

export interface NamespaceRef {
  readonly type: NamespaceName;
  /** Null where it may not be read: locked. Null and `host` where the kernel does not have this type. */
  readonly inode: number | null;
  /** The machine's own (initial) namespace: nothing to join. */
  readonly host: boolean;
  /** Names of the other containers in the same namespace, sorted; empty for the host's own. */
  readonly sharedWith: readonly string[];
}

export interface Container {
  /**
   * Stable while the container runs: `docker:<id>` (`containerd:<namespace>/<id>`), or `<engine>:<pid>@<startTime>` where there is no
   * engine's id.
   */
  readonly key: string;
  readonly engine: string;
  /** As the engine or the process has it: hostile text, shown only through model/text.ts. */
  readonly name: string;
  readonly id: string | null;
  /** containerd's own one that the id is of: `ctr --namespace`. */
  readonly engineNamespace: string | null;
  /** `running`, `paused`, or whatever its engine calls it. */
  readonly state: string;
  readonly image: string | null;
  /** Of Podman and Kubernetes. */
  readonly pod: string | null;
  readonly composeProject: string | null;
  readonly composeService: string | null;
  /** Host pid of its first process; 0 where the engine did not tell and /proc does not show it. */
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; null where the process could not be seen in /proc. */
  readonly startTime: number | null;
  readonly uid: number | null;
  /** Whose container it is. */
  readonly user: string | null;
  /** That is somebody other than root. */
  readonly rootless: boolean;
  /** All eight types, in the order of NAMESPACE_NAMES. */
  readonly namespaces: readonly NamespaceRef[];
  readonly details: Details;
  /** What is locked here was so for root too: by a security module, say. */
  readonly lockedForRoot: boolean;
  /** The container in which this one lies. */
  readonly parentKey: string | null;
}

/** What rows are made without. In the extension host it is parsed anew each time that somebody asks: see discover/receivedContainer.ts. */
export interface Details {
  readonly labels: Readonly<Record<string, string>>;
  /** Lowest pid first; commands are hostile text. */
  readonly processes: readonly ScannedProcess[];
}

/** A namespace that may be read, whoever is in it: also those that only a bind mount, a descriptor or a child keeps. */
export interface Namespace extends Readonly<Omit<ScannedNamespace, 'uidMap' | 'gidMap'>> {
  /** The machine's own. */
  readonly host: boolean;
  /** Keys of the containers in it, sorted; empty for the host's own. */
  readonly containerKeys: readonly string[];
}

/** One picture of the machine. Partial results are normal: what failed is said in `notes`, one line each. */
export interface Snapshot {
  readonly containers: readonly Container[];
  readonly namespaces: readonly Namespace[];
  readonly notes: readonly string[];
}

/** Engines list stopped ones too. One of which /proc shows nothing may run all the same: its engine says so. */
export function isRunning({ pid, state }: Pick<Container, 'pid' | 'state'>): boolean {
  return pid !== 0 || state === 'running' || state === 'paused';
}

export const EMPTY_SNAPSHOT: Snapshot = { containers: [], namespaces: [], notes: [] };
