// Docker's running containers, asked of its API through dockerode. Reads only. Podman's socket speaks the same, but its
// containers would come out as Docker's.
import Dockerode from 'dockerode';
import * as v from 'valibot';
import { describeIssue } from '../issue';
import { mapConcurrently } from './concurrently';
import { findDocker, type DockerAddress } from './dockerAddress';
import { NO_CONTAINERS, type EngineContainer, type EngineListing } from './engine';

export interface DockerOptions {
  /** The setting; else DOCKER_HOST and the usual sockets decide. */
  readonly host?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** An engine answers in milliseconds; one that hangs must not hold up the view. */
const TIMEOUT_MS = 3_000;
const AT_ONCE = 8;

export async function listDocker({ host, env }: DockerOptions): Promise<EngineListing> {
  let address: DockerAddress | null = null;
  try {
    address = findDocker(host, env);
    return address ? await listAt(address) : NO_CONTAINERS;
  } catch (error) {
    if (address && !address.explicit && isAbsent(error)) return NO_CONTAINERS;
    return { containers: [], notes: [address ? `Docker at ${address.text}: ${explain(error)}` : explain(error)] };
  }
}

async function listAt(address: DockerAddress): Promise<EngineListing> {
  // Each given explicitly, because docker-modem would otherwise fill it in from its own process's DOCKER_HOST.
  // Kept connections would be to an engine that may have been started again since.
  const docker = new Dockerode({ protocol: 'http', host: '', headers: { Connection: 'close' }, ...address.connect });
  const listed = v.parse(List, await docker.listContainers({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) }));
  const failures: string[] = [];
  const inspected = await mapConcurrently(listed, AT_ONCE, async (entry) => {
    try {
      const details = await docker.getContainer(entry.Id).inspect({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      return fromInspection(v.parse(Inspection, details));
    } catch (error) {
      // It ended since it was listed.
      if (statusOf(error) === 404) return null;
      failures.push(explain(error));
      return fromList(entry);
    }
  });
  const [failure] = failures;
  return {
    containers: inspected.filter((container) => container !== null),
    notes: failure ? [`Docker at ${address.text}: ${failures.length} not inspected: ${failure}`] : [],
  };
}

/** It becomes part of a request's path, so it has to be an id and nothing else. */
const Id = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Labels = v.nullish(v.record(v.string(), v.string()), {});
const List = v.array(v.object({ Id, Names: v.array(v.string()), Image: v.string(), Labels }));
const Inspection = v.object({
  Id,
  Name: v.string(),
  Config: v.object({ Image: v.string(), Labels }),
  State: v.object({ Pid: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
});

/** Null for one without a process: it is about to start again. */
function fromInspection({ Id: id, Name, Config, State }: v.InferOutput<typeof Inspection>): EngineContainer | null {
  return State.Pid === 0 ? null : container(id, Name, Config.Image, State.Pid, Config.Labels);
}

function fromList({ Id: id, Names, Image, Labels }: v.InferOutput<typeof List>[number]): EngineContainer {
  return container(id, Names[0] ?? id, Image, null, Labels);
}

function container(
  id: string,
  name: string,
  image: string,
  pid: number | null,
  labels: Record<string, string>,
): EngineContainer {
  return {
    engine: 'docker',
    id,
    // The API writes names as paths, from the time of linked containers.
    name: name.replace(/^\//, ''),
    image,
    pid,
    labels,
    composeProject: labels['com.docker.compose.project'] ?? null,
    composeService: labels['com.docker.compose.service'] ?? null,
  };
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : null;
}

/** No socket, or one that a stopped engine left behind. */
function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error) ?? '');
}

function explain(error: unknown): string {
  if (v.isValiError(error)) return `its answer was not understood: ${describeIssue(error.issues[0])}`;
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'no engine listens there';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied: your user may not use its socket';
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return `no answer within ${TIMEOUT_MS / 1000} s`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'it closed the connection';
  if (code?.startsWith('HPE_')) return 'what answers there does not speak HTTP';
  return error instanceof Error ? error.message : String(error);
}
