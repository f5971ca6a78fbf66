// What every engine tells about its containers, whatever its API, and where an engine is. Plain data.

export type EngineKind = 'docker' | 'podman';

export interface EngineContainer {
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** As the engine calls it: `running`, `paused`, `exited`, `created` … */
  readonly state: string;
  /** Host pid of its first process, or null where it has none or the engine did not say. */
  readonly pid: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly composeProject: string | null;
  readonly composeService: string | null;
}

export interface EngineListing {
  readonly containers: readonly EngineContainer[];
  /** What failed, a line each. An engine that is not there is no failure. */
  readonly notes: readonly string[];
}

export const NO_CONTAINERS: EngineListing = { containers: [], notes: [] };

export interface EngineAddress {
  /** Who usually listens there; Podman may listen in Docker's place. */
  readonly kind: EngineKind;
  /** For messages: as it was written. */
  readonly text: string;
  readonly connect: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** Somebody named it, so its absence is worth a word. */
  readonly explicit: boolean;
}

/** Engines that somebody named, or whose usual sockets are there; and a line for each name that cannot be used. */
export interface EngineAddresses {
  readonly addresses: readonly EngineAddress[];
  readonly notes: readonly string[];
}
