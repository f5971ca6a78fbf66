// One engine's containers, the stopped ones too, asked of Docker's API (docs.docker.com/reference/api/engine); Podman speaks
// it too. Reads only, and waits for no answer longer than a few seconds.
import { release } from 'node:os';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { t } from '../../l10n';
import {
  NO_CONTAINERS,
  TIMEOUT_MS,
  type EngineAddress,
  type EngineContainer,
  type EngineKind,
  type EngineListing,
  type EngineApi,
} from './engine';
import { getStream, getText, HttpError, withConnections } from './http';
import { Inspections } from './inspections';

export class DockerApi implements EngineApi {
  /** What was inspected stays right until an event names the container. */
  readonly #inspections = new Inspections<Details>();
  #identity: Promise<EngineIdentity> | null = null;

  constructor(private readonly address: EngineAddress) {}

  async list(): Promise<EngineListing> {
    const { kind, kernel } = await this.#identify();
    if (kernel !== null && kernel !== normalRelease(release())) return this.#nothingFromHere();
    const listed = await this.#list(kind);
    const ids: string[] = [];
    for (const { id, state } of listed) {
      if (!ALIVE.includes(state)) continue;
      ids.push(id);
      const known = this.#inspections.get(id);
      if (known && known.state !== state) this.#inspections.forget(id);
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { told, gone, notes, complete } = await withConnections(this.address.connect, (getText) =>
      this.#inspections.inspect(ids, signal, (id) => inspect(id, (path) => getText(path, signal))),
    );
    return {
      containers: listed
        .filter(({ id }) => !gone.has(id))
        .map((container) => {
          const details = told.get(container.id);
          return details ? { ...container, ...details } : container;
        }),
      notes,
      ...(complete ? {} : { incomplete: true }),
    };
  }

  /** A container has changed (or, without an id, any may have): it is inspected again by the next listing. */
  forget(id?: string): void {
    this.#inspections.forget(id);
    // Another engine may have taken its place.
    if (id === undefined) this.#identity = null;
  }

  async #list(kind: EngineKind): Promise<EngineContainer[]> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await getText(this.address.connect, '/containers/json?all=true', signal);
    return v.parse(List, answer, { abortEarly: true }).map((entry) => fromList(entry, kind));
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
    const answer = await getText(this.address.connect, '/version', AbortSignal.timeout(TIMEOUT_MS));
    const { Components, KernelVersion } = v.parse(Version, answer);
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
const ListEntry = v.object({ Id, Names: v.array(v.string()), Image: v.string(), State: v.string(), Labels });
const List = v.pipe(Json, v.array(ListEntry));
const Inspection = v.pipe(
  Json,
  v.object({
    Name: v.string(),
    Config: v.object({ Image: v.string() }),
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

function fromList(
  { Id: id, Names, Image: image, State: state, Labels: labels }: v.InferOutput<typeof ListEntry>,
  kind: EngineKind,
): EngineContainer {
  return {
    engine: kind,
    id,
    name: nameOf(Names[0] ?? id),
    image,
    state,
    pid: null,
    labels,
    pod: null,
    composeProject: labels['com.docker.compose.project'] ?? null,
    composeService: labels['com.docker.compose.service'] ?? null,
  };
}

/** The API writes names as paths, from the time of linked containers. */
const nameOf = (path: string): string => path.replace(/^\//, '');

/** What the list does not tell of a container, or not as well. */
type Details = Pick<EngineContainer, 'name' | 'image' | 'state' | 'pid'>;

/** Null where there is no such container. */
async function inspect(id: string, getText: (path: string) => Promise<string>): Promise<Details | null> {
  try {
    const { Name, Config, State } = v.parse(Inspection, await getText(`/containers/${id}/json`));
    // One without a process is about to start again, or has just ended.
    return { name: nameOf(Name), image: Config.Image, state: State.Status, pid: State.Pid || null };
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return null;
    throw error;
  }
}
