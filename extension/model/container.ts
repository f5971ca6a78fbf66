// One container with its namespaces, as the tree, the selection and the plan see it. Plain data, no I/O.
import type { NamespaceName } from '../../helper/namespaceTypes';

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
  /** Stable while the container runs: `docker:<id>`, or `<engine>:<pid>@<startTime>` where there is no engine's id. */
  readonly key: string;
  readonly engine: string;
  /** As the engine or the process has it: hostile text, shown only through model/text.ts. */
  readonly name: string;
  readonly id: string | null;
  readonly image: string | null;
  readonly composeProject: string | null;
  readonly composeService: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Host pid of its first process; 0 where the engine did not tell and /proc does not show it. */
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; null where the process could not be seen in /proc. */
  readonly startTime: number | null;
  readonly uid: number | null;
  /** All eight types, in the order of NAMESPACE_NAMES. */
  readonly namespaces: readonly NamespaceRef[];
  /** The container in which this one lies. */
  readonly parentKey: string | null;
}

/** One picture of the machine. Partial results are normal: what failed is said in `notes`, one line each. */
export interface Snapshot {
  readonly containers: readonly Container[];
  readonly notes: readonly string[];
}

export const EMPTY_SNAPSHOT: Snapshot = { containers: [], notes: [] };
