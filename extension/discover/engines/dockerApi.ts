// One engine's containers, the stopped ones too, asked of Docker's API (docs.docker.com/reference/api/engine); Podman speaks
// it too. Reads only, and waits for no answer longer than a few seconds.
import { release } from 'node:os';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { t } from '../../l10n';
import { mapConcurrently } from './concurrently';
import {
  NO_CONTAINERS,
  TIMEOUT_MS,
  type EngineAddress,
  type EngineContainer,
  type EngineKind,
  type EngineListing,
  type EngineApi,
} from './engine';
import { explain } from './failure';
import { getStream, getText, HttpError } from './http';

const AT_ONCE = 8;

export class DockerApi implements EngineApi {
  /**
   * What was inspected stays right until an event names the container. Each is here from before it is asked: one that is
   * forgotten meanwhile was maybe answered before it changed.
   */
  readonly #inspected = new Map<string, { told: EngineContainer | null }>();
  #identity: Promise<EngineIdentity> | null = null;

  constructor(private readonly address: EngineAddress) {}

  async list(): Promise<EngineListing> {
    const listed = v.parse(List, await this.#get('/containers/json?all=true'));
    const { kind, kernel } = await this.#identify();
    if (kernel !== null && kernel !== normalRelease(release())) return this.#nothingFromHere();
    const ids = new Set(listed.map(({ Id: id }) => id));
    for (const id of this.#inspected.keys()) if (!ids.has(id)) this.#inspected.delete(id);

    const failures: string[] = [];
    const containers = await mapConcurrently(listed, AT_ONCE, async (entry) => {
      if (!ALIVE.includes(entry.State)) return fromList(entry, kind);
      const known = this.#inspected.get(entry.Id)?.told;
      if (known?.state === entry.State) return known;
      const inspected: { told: EngineContainer | null } = { told: null };
      this.#inspected.set(entry.Id, inspected);
      try {
        return (inspected.told = await this.#inspect(entry.Id, kind));
      } catch (error) {
        // It ended since it was listed.
        if (error instanceof HttpError && error.status === 404) return null;
        failures.push(explain(error, TIMEOUT_MS));
        return fromList(entry, kind);
      }
    });
    const [failure] = failures;
    return {
      containers: containers.filter((container) => container !== null),
      notes: failure ? [t('{0} not inspected: {1}', failures.length, failure)] : [],
    };
  }

  /** A container has changed (or, without an id, any may have): it is inspected again by the next listing. */
  forget(id?: string): void {
    if (id !== undefined) {
      this.#inspected.delete(id);
      return;
    }
    this.#inspected.clear();
    // Another engine may have taken its place.
    this.#identity = null;
  }

  /** What happens to containers, as lines of JSON, until `signal` ends it. */
  async events(signal: AbortSignal): Promise<Readable> {
    const answered = new AbortController();
    const late = setTimeout(() => {
      answered.abort(new DOMException('no answer', 'TimeoutError'));
    }, TIMEOUT_MS);
    try {
      // Docker calls some of them otherwise than Podman; each passes over names that it does not know.
      const filters = { type: ['container'], event: EVENTS };
      const path = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`;
      return await getStream(this.address.connect, path, AbortSignal.any([signal, answered.signal]));
    } finally {
      clearTimeout(late);
    }
  }

  async #inspect(id: string, kind: EngineKind): Promise<EngineContainer> {
    return fromInspection(v.parse(Inspection, await this.#get(`/containers/${id}/json`)), kind);
  }

  #get(path: string): Promise<string> {
    return getText(this.address.connect, path, AbortSignal.timeout(TIMEOUT_MS));
  }

  /** Its pids are those of another kernel: Docker Desktop's, say, or another virtual machine's. */
  #nothingFromHere(): EngineListing {
    if (!this.address.explicit) return NO_CONTAINERS;
    return {
      containers: [],
      notes: [t('it runs on another machine, maybe a virtual one: its containers cannot be entered from here')],
    };
  }

  /** Asked once. Without an answer nothing is listed: its pids may be those of another kernel. The next listing asks again. */
  #identify(): Promise<EngineIdentity> {
    this.#identity ??= this.#askIdentity().catch((error: unknown) => {
      this.#identity = null;
      throw error;
    });
    return this.#identity;
  }

  /** Podman says who it is where it stands in for Docker. */
  async #askIdentity(): Promise<EngineIdentity> {
    const { Components, KernelVersion } = v.parse(Version, await this.#get('/version'));
    const isPodman = Components.some(({ Name }) => Name === 'Podman Engine');
    return {
      kind: isPodman ? 'podman' : this.address.kind,
      kernel: KernelVersion === undefined ? null : normalRelease(KernelVersion),
    };
  }
}

/** Who answers, and on which kernel, where it says so. */
interface EngineIdentity {
  readonly kind: EngineKind;
  readonly kernel: string | null;
}

/** Docker always writes three numbers, also for a kernel that has two. */
function normalRelease(kernel: string): string {
  return kernel.replace(/^(\d+\.\d+)(?!\.?\d)/, '$1.0');
}

/** States in which there is a process. */
const ALIVE = ['running', 'paused', 'restarting'];

const EVENTS = ['create', 'start', 'die', 'died', 'destroy', 'remove', 'rename', 'pause', 'unpause'];

/** It becomes part of a request's path, so it has to be an id and nothing else. */
const Id = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Labels = v.nullish(v.record(v.string(), v.string()), {});
const Json = v.pipe(v.string(), v.parseJson());
const List = v.pipe(
  Json,
  v.array(v.object({ Id, Names: v.array(v.string()), Image: v.string(), State: v.string(), Labels })),
);
const Inspection = v.pipe(
  Json,
  v.object({
    Id,
    Name: v.string(),
    Config: v.object({ Image: v.string(), Labels }),
    State: v.object({ Status: v.string(), Pid: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
  }),
);
const Version = v.pipe(
  Json,
  v.object({
    Components: v.optional(v.array(v.object({ Name: v.string() })), []),
    KernelVersion: v.optional(v.string()),
  }),
);

/** One without a process is about to start again, or has just ended. */
function fromInspection(
  { Id: id, Name, Config, State: { Pid, Status } }: v.InferOutput<typeof Inspection>,
  kind: EngineKind,
): EngineContainer {
  return container(kind, {
    id,
    name: Name,
    image: Config.Image,
    state: Status,
    pid: Pid || null,
    labels: Config.Labels,
  });
}

function fromList(
  { Id: id, Names, Image: image, State: state, Labels: labels }: v.InferOutput<typeof List>[number],
  kind: EngineKind,
): EngineContainer {
  return container(kind, { id, name: Names[0] ?? id, image, state, pid: null, labels });
}

type Told = Pick<EngineContainer, 'id' | 'name' | 'image' | 'state' | 'pid' | 'labels'>;

function container(engine: EngineKind, told: Told): EngineContainer {
  return {
    engine,
    ...told,
    pod: null,
    // The API writes names as paths, from the time of linked containers.
    name: told.name.replace(/^\//, ''),
    composeProject: told.labels['com.docker.compose.project'] ?? null,
    composeService: told.labels['com.docker.compose.service'] ?? null,
  };
}
