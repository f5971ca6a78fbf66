// What every engine tells about its containers, whatever its API, and where an engine is. Plain data.
import type { Readable } from 'node:stream';

export type EngineKind = 'docker' | 'podman' | 'kubernetes';

export interface EngineContainer {
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  readonly image: string | null;
  /** As the engine calls it: `running`, `paused`, `exited`, `created` … */
  readonly state: string;
  /** Host pid of its first process, or null where it has none or the engine did not say. */
  readonly pid: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: string | null;
  readonly composeProject: string | null;
  readonly composeService: string | null;
}

export interface EngineListing {
  readonly containers: readonly EngineContainer[];
  /** What failed, a line each. An engine that is not there is no failure. */
  readonly notes: readonly string[];
  /** Nothing could be listed; the notes say why, but of an engine that nobody misses. */
  readonly failed?: true;
  /** There was no time to ask about each container: the next listing goes on. */
  readonly incomplete?: true;
}

/** One engine. */
export interface EngineApi {
  /** Asks anew. Rejects where the engine does not answer as one does. */
  list(): Promise<EngineListing>;
  /** What happens to containers, as lines of JSON, until `signal` ends it. Not every engine tells. */
  events?(signal: AbortSignal): Promise<Readable>;
  /** A container has changed (or, without an id, any may have): what is known of it does not count any more. */
  forget?(id?: string): void;
}

/** An engine answers in milliseconds; one that hangs must not hold up the view. */
export const TIMEOUT_MS = 3_000;

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
