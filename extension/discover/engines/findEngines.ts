// Which engines to ask: those that a setting, a variable (each engine's own, for Kubernetes crictl's) or a Docker context
// names, and those at the usual sockets or wherever else one listens. Several at once are normal: root's and the user's own,
// Docker beside Podman.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ScannedEngine } from '../../../helper/protocol';
import { messageOf } from '../../model/messageOf';
import { parseAddress, usableSockets, usualSockets } from './address';
import { contextAddress } from './dockerContext';
import type { EngineAddress, EngineAddresses, EngineKind } from './engine';
import { isTrusted, listeningSockets } from './listeningSockets';

/**
 * Of containerd, CRI-O, k3s with RKE2, k0s and MicroK8s. That one of them may not be used is the rule, and not worth a word:
 * Docker brings containerd to machines without any Kubernetes.
 */
const CRI_SOCKETS = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
];

export interface EngineOptions {
  /** Docker's address by the setting; it comes before DOCKER_HOST, contexts and the usual sockets. */
  readonly dockerHost?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Daemons that the scan saw. */
  readonly daemons?: readonly ScannedEngine[];
  /** Where the kernel lists sockets. */
  readonly unixSockets?: string;
}

export async function findEngines({
  dockerHost,
  env,
  daemons = [],
  unixSockets,
}: EngineOptions): Promise<EngineAddresses> {
  const told = await socketsOf(daemons);
  const listening = await listeningSockets(unixSockets);
  const others = (kind: EngineKind): EngineAddress[] => usableSockets(kind, listening.get(kind) ?? []);
  const notes: string[] = [];
  const named = (find: () => EngineAddress | null): EngineAddress | null => {
    try {
      return find();
    } catch (error) {
      notes.push(messageOf(error));
      return null;
    }
  };
  const own = (name: string): string[] => (env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], name)] : []);

  const dockerName = dockerHost ?? (env['DOCKER_HOST'] || undefined);
  const docker =
    dockerName === undefined
      ? [
          named(() => contextAddress(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), env)),
          ...usualSockets('docker', ['/run/docker.sock', '/var/run/docker.sock', ...own('docker.sock')]),
          ...others('docker'),
          ...usableSockets('docker', told),
        ]
      : [named(() => parseAddress('docker', dockerName))];

  const podmanName = env['CONTAINER_HOST'];
  const podman = podmanName
    ? [named(() => parseAddress('podman', podmanName))]
    : [...usualSockets('podman', [...own('podman/podman.sock'), '/run/podman/podman.sock']), ...others('podman')];

  const runtimeName = env['CONTAINER_RUNTIME_ENDPOINT'];
  const kubernetes = runtimeName
    ? [named(() => parseAddress('kubernetes', runtimeName))]
    : [...usableSockets('kubernetes', CRI_SOCKETS), ...others('kubernetes')];

  return { addresses: eachOnce([...docker, ...podman, ...kubernetes].filter((address) => address !== null)), notes };
}

/** As with those that somebody listens on, root's word and the user's own count, and so does root's and their own socket alone. */
async function socketsOf(daemons: readonly ScannedEngine[]): Promise<string[]> {
  const trusted = daemons.filter(({ uid }) => uid === 0 || uid === process.getuid?.());
  const found: string[] = [];
  for (const path of new Set(trusted.flatMap(({ sockets }) => sockets))) if (await isTrusted(path)) found.push(path);
  return found;
}

/** podman-docker makes Docker's socket a link to Podman's. */
function eachOnce(addresses: readonly EngineAddress[]): EngineAddress[] {
  const byPlace = new Map<string, EngineAddress>();
  for (const address of addresses) {
    const place = JSON.stringify(address.connect);
    if (!byPlace.has(place)) byPlace.set(place, address);
  }
  return [...byPlace.values()];
}
