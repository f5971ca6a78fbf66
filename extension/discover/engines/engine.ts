// What every engine tells about its containers, whatever its API. Plain data.

export interface EngineContainer {
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Host pid of its first process, or null where the engine did not say. */
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
