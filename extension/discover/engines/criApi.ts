// Kubernetes' pods and their containers, the stopped ones too, asked of the container runtime as the kubelet asks it: by the
// Container Runtime Interface (kubernetes/cri-api, pkg/apis/runtime/v1/api.proto). Reads only, and waits for no answer longer
// than a few seconds. A pod's own container, which holds its namespaces, is called after the pod.
import * as v from 'valibot';
import { t } from '../../l10n';
import { mapConcurrently } from './concurrently';
import {
  NO_CONTAINERS,
  TIMEOUT_MS,
  type EngineAddress,
  type EngineContainer,
  type EngineListing,
  type EngineApi,
} from './engine';
import { explain } from './failure';
import { GrpcError, UNIMPLEMENTED, withGrpc, type Call } from './grpc';
import { encodeMessage, Message } from './protobuf';

const SERVICE = '/runtime.v1.RuntimeService';
/** Asks for what the interface itself has no field for, such as the pid. */
const VERBOSE = 1;
const AT_ONCE = 8;
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
  /** Of what runs, by id: neither changes as long as it does. */
  readonly #details = new Map<string, Details>();

  constructor(private readonly address: EngineAddress) {}

  async list(): Promise<EngineListing> {
    const entries = await this.#entries();
    if (entries === null) {
      const note = t('it does not serve Kubernetes (no {0})', 'runtime.v1');
      return this.address.explicit ? { containers: [], notes: [note] } : NO_CONTAINERS;
    }
    const running = entries.filter(({ container }) => container.state === 'running');
    const ids = new Set(running.map(({ container }) => container.id));
    for (const id of this.#details.keys()) if (!ids.has(id)) this.#details.delete(id);
    const failures = await this.#inspect(running.filter(({ container }) => !this.#details.has(container.id)));
    const [failure] = failures;
    return {
      containers: entries.map(({ container }) => {
        const known = this.#details.get(container.id);
        return { ...container, pid: known?.pid ?? null, image: known?.image ?? container.image };
      }),
      notes: failure ? [t('{0} not inspected: {1}', failures.length, failure)] : [],
    };
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

  /** What was learned stays, also where the rest fails; of what failed, why. */
  async #inspect(entries: readonly Entry[]): Promise<string[]> {
    if (entries.length === 0) return [];
    const failures: string[] = [];
    try {
      await this.#connected((call) =>
        mapConcurrently(entries, AT_ONCE, async ({ container: { id }, kind }) => {
          try {
            const answer = await ask(call, kind.status, encodeMessage({ 1: id, 2: VERBOSE }));
            this.#details.set(id, detailsOf(answer, kind));
          } catch (error) {
            // It was removed since it was listed.
            if (!(error instanceof GrpcError && error.status === NOT_FOUND)) failures.push(explain(error, TIMEOUT_MS));
          }
        }),
      );
    } catch (error) {
      return [explain(error, TIMEOUT_MS)];
    }
    return failures;
  }

  #connected<T>(use: (call: Call) => Promise<T>): Promise<T> {
    return withGrpc(this.address.connect, AbortSignal.timeout(TIMEOUT_MS), use);
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
