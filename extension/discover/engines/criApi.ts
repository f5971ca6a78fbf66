// Kubernetes' pods and their containers, the stopped ones too, asked of the container runtime as the kubelet asks it: by the
// Container Runtime Interface (kubernetes/cri-api, pkg/apis/runtime/v1/api.proto). Reads only, and waits for no answer longer
// than a few seconds. A pod's own container, which holds its namespaces, is called after the pod.
import * as v from 'valibot';
import { t } from '../../l10n';
import {
  NO_CONTAINERS,
  TIMEOUT_MS,
  type EngineAddress,
  type EngineContainer,
  type EngineListing,
  type EngineApi,
} from './engine';
import { ClosedError } from './failure';
import { GrpcError, UNIMPLEMENTED, withGrpc, type Call } from './grpc';
import { type Inspected, Inspections } from './inspections';
import { encodeMessage, Message } from './protobuf';

const SERVICE = '/runtime.v1.RuntimeService';
/** Asks for what the interface itself has no field for, such as the pid. */
const VERBOSE = 1;
const NOT_FOUND = 5;
/** By the number that api.proto gives each. */
const CONTAINER_STATES = ['created', 'running', 'exited'];
const POD_STATES = ['running', 'exited'];

/** How the two kinds of things in a pod are listed and asked about; the numbers are those of their fields. */
interface Kind {
  readonly list: string;
  readonly status: string;
  readonly state: number;
  readonly labels: number;
}
const PODS: Kind = { list: 'ListPodSandbox', status: 'PodSandboxStatus', state: 3, labels: 5 };
const CONTAINERS: Kind = { list: 'ListContainers', status: 'ContainerStatus', state: 6, labels: 8 };

/** In containerd's and CRI-O's words, beside what the interface itself tells. */
const Info = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ pid: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), image: v.optional(v.string()) }),
);

type Details = Pick<EngineContainer, 'pid' | 'image'>;

export class CriApi implements EngineApi {
  /** Of what runs: neither changes as long as it does. */
  readonly #details = new Inspections<Details>();

  constructor(private readonly address: EngineAddress) {}

  async list(): Promise<EngineListing> {
    const entries = await this.#entries();
    if (entries === null) {
      const note = t('it does not serve Kubernetes (no {0})', 'runtime.v1');
      return this.address.explicit ? { containers: [], notes: [note] } : NO_CONTAINERS;
    }
    const kinds = new Map<string, Kind>();
    for (const { container, kind } of entries) if (container.state === 'running') kinds.set(container.id, kind);
    const { told, notes, complete } = await this.#inspect(kinds);
    return {
      containers: entries.map(({ container }) => {
        const known = told.get(container.id);
        return { ...container, pid: known?.pid ?? null, image: known?.image ?? container.image };
      }),
      notes,
      ...(complete ? {} : { incomplete: true }),
    };
  }

  /** What gave no answer is asked about again after a while. */
  forget(id?: string): void {
    this.#details.forget(id);
  }

  /** Null where it is the containerd that came with Docker, say, which is told not to serve Kubernetes. */
  async #entries(): Promise<Entry[] | null> {
    try {
      return await this.#connected(async (call) => {
        const [pods, containers] = await Promise.all([ask(call, PODS.list), ask(call, CONTAINERS.list)]);
        const podNames = new Map(pods.messages(1).map((pod) => [pod.text(1), pod.message(2).text(1)]));
        return [
          ...pods.messages(1).map((pod) => podEntry(pod)),
          ...containers.messages(1).map((container) => containerEntry(container, podNames)),
        ];
      });
    } catch (error) {
      if (error instanceof GrpcError && error.status === UNIMPLEMENTED) return null;
      throw error;
    }
  }

  /** By one connection, and by none where nobody has to be asked. Never rejects: where the connection fails, so does each call. */
  #inspect(kinds: ReadonlyMap<string, Kind>): Promise<Inspected<Details>> {
    const ids = [...kinds.keys()];
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const inspect = (call: Call): Promise<Inspected<Details>> =>
      this.#details.inspect(ids, signal, (id) => inspectOne(call, id, kinds.get(id) ?? CONTAINERS));
    const closed: Call = () => Promise.reject(new ClosedError());
    if (!this.#details.hasToAsk(ids)) return inspect(closed);
    return withGrpc(this.address.connect, signal, inspect).catch(() => inspect(closed));
  }

  #connected<T>(use: (call: Call) => Promise<T>): Promise<T> {
    return withGrpc(this.address.connect, AbortSignal.timeout(TIMEOUT_MS), use);
  }
}

/** Null where it was removed since it was listed. */
async function inspectOne(call: Call, id: string, kind: Kind): Promise<Details | null> {
  try {
    return detailsOf(await ask(call, kind.status, encodeMessage({ 1: id, 2: VERBOSE })), kind);
  } catch (error) {
    if (error instanceof GrpcError && error.status === NOT_FOUND) return null;
    throw error;
  }
}

async function ask(call: Call, method: string, message: Buffer = Buffer.alloc(0)): Promise<Message> {
  return new Message(await call(`${SERVICE}/${method}`, message));
}

interface Entry {
  readonly kind: Kind;
  readonly container: EngineContainer;
}

function podEntry(pod: Message): Entry {
  const name = pod.message(2).text(1);
  return { kind: PODS, container: makeContainer(pod, PODS, { name, pod: name, image: null, states: POD_STATES }) };
}

function containerEntry(container: Message, podNames: ReadonlyMap<string, string>): Entry {
  const more = {
    name: container.message(3).text(1),
    pod: podNames.get(container.text(2)) ?? null,
    image: imageOf(container.message(4)),
    states: CONTAINER_STATES,
  };
  return { kind: CONTAINERS, container: makeContainer(container, CONTAINERS, more) };
}

function makeContainer(
  message: Message,
  kind: Kind,
  { name, pod, image, states }: { name: string; pod: string | null; image: string | null; states: readonly string[] },
): EngineContainer {
  const id = message.text(1);
  return {
    engine: 'kubernetes',
    id,
    name: name || id,
    image,
    state: states[message.number(kind.state)] ?? 'unknown',
    pid: null,
    labels: message.texts(kind.labels),
    pod,
    composeProject: null,
    composeService: null,
  };
}

/** What the pod's author wrote (field 18) counts before what the kubelet made of it. */
function imageOf(spec: Message): string | null {
  return spec.text(18) || spec.text(1) || null;
}

/** The image that a container's status names is the one that was asked for; the list may have its digest. */
function detailsOf(answer: Message, kind: Kind): Details {
  const info = v.parse(Info, answer.texts(2)['info']);
  return {
    pid: info.pid || null,
    image: kind === CONTAINERS ? imageOf(answer.message(1).message(8)) : info.image || null,
  };
}
