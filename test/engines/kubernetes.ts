// A containerd of the test's own that serves Kubernetes, and a pod with two containers in it, made as a kubelet makes them
// (kubernetes/cri-api, pkg/apis/runtime/v1/api.proto). The pod has the network of its containerd, which has one of its own:
// so it needs no network plugins. Pids are from ctr, which knows nothing of pods.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withGrpc } from '../../extension/discover/engines/grpc';
import { encodeMessage, Message } from '../../extension/discover/engines/protobuf';
import { BUSYBOX_IMAGE, busyboxImage } from '../support/images';
import { background, end, isRunning, run, waitFor } from '../support/run';
import type { Expected } from './scanEngines';
import { forgetCgroups, forgetShims, processesIn, readText, type Undo } from './undo';

export interface Kubernetes {
  readonly socket: string;
  /** The pod, called after itself, and its containers. */
  readonly expected: readonly Expected[];
  startContainer(name: string): Promise<string>;
  stopContainer(id: string): Promise<void>;
}

const SLEEP = ['/bin/sleep', '1000000'];
/** NamespaceMode: the pid namespace is each container's own, the network the runtime's. */
const NAMESPACES = encodeMessage({ 1: 2, 2: 1 });

export async function startKubernetes(folder: string, undo: Undo): Promise<Kubernetes> {
  const socket = join(folder, 'containerd.sock');
  await startContainerd(folder, socket, undo);
  const pod = new Pod(socket, undo);
  await pod.start();
  const ids = { app: await pod.startContainer('app'), logger: await pod.startContainer('logger') };
  const common = { engine: 'kubernetes', user: 'root', rootless: false, pod: pod.name, image: BUSYBOX_IMAGE };
  const expected = await Promise.all([
    pod.pid(pod.id).then((pid) => ({ ...common, name: pod.name, id: pod.id, pid, labels: pod.labels })),
    ...Object.entries(ids).map(async ([name, id]) => {
      return { ...common, name, id, pid: await pod.pid(id), labels: pod.labelsOf(name) };
    }),
  ]);
  return {
    socket,
    expected,
    startContainer: (name) => pod.startContainer(name),
    stopContainer: (id) => pod.stopContainer(id),
  };
}

async function startContainerd(folder: string, socket: string, undo: Undo): Promise<void> {
  forgetShims(undo);
  const config = join(folder, 'containerd.toml');
  const log = join(folder, 'containerd.log');
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const lines = [
    ...['version = 2', `root = "${folder}/root"`, `state = "${folder}/state"`],
    ...['[grpc]', `address = "${socket}"`],
    // What asks for rights that a test machine may lack is left out.
    ...[`[${cri}]`, `sandbox_image = "${BUSYBOX_IMAGE}"`, 'restrict_oom_score_adj = true', 'disable_apparmor = true'],
    ...[`[${cri}.cni]`, `conf_dir = "${folder}/cni"`, `bin_dir = "${folder}/cni"`],
    ...[`[${cri}.containerd.runtimes.runc]`, 'runtime_type = "io.containerd.runc.v2"'],
    ...[`[${cri}.containerd.runtimes.runc.options]`, `Root = "${folder}/runc"`],
  ];
  writeFileSync(config, lines.join('\n'));
  const containerd = await background('unshare', ['--net', '--', 'containerd', '--config', config], log);
  undo.push(() => end([...processesIn(folder), containerd.pid], 1_000));
  await waitFor(
    'containerd to start',
    () => {
      if (!isRunning(containerd.pid)) throw new Error(readText(log).split('\n').slice(-5).join('\n'));
      return existsSync(socket);
    },
    30_000,
  );
  const archive = join(folder, 'busybox.tar');
  writeFileSync(archive, await busyboxImage());
  await run('ctr', ['--address', socket, '--namespace', 'k8s.io', 'image', 'import', archive]);
  await waitFor(
    'the image to be known',
    async () => {
      const images = await ask(socket, 'ImageService/ListImages');
      return images.messages(1).some((image) => image.text(2) === BUSYBOX_IMAGE);
    },
    30_000,
  );
}

class Pod {
  readonly name = `lns-${randomBytes(3).toString('hex')}`;
  readonly #uid = randomUUID();
  readonly labels = {
    'io.kubernetes.pod.name': this.name,
    'io.kubernetes.pod.namespace': 'lns',
    'io.kubernetes.pod.uid': this.#uid,
  };
  readonly #config: Buffer;
  id = '';

  constructor(
    private readonly socket: string,
    private readonly undo: Undo,
  ) {
    const cgroup = `/kubepods/besteffort/pod${this.#uid}`;
    forgetCgroups(undo, cgroup, 'kubepods/besteffort', 'kubepods');
    const metadata = encodeMessage({ 1: this.name, 2: this.#uid, 3: 'lns' });
    const linux = encodeMessage({ 1: cgroup, 2: encodeMessage({ 1: NAMESPACES }) });
    this.#config = Buffer.concat([encodeMessage({ 1: metadata, 8: linux }), encodeMap(6, this.labels)]);
  }

  labelsOf(container: string): Record<string, string> {
    return { ...this.labels, 'io.kubernetes.container.name': container, tier: 'demo' };
  }

  async start(): Promise<void> {
    this.id = (await this.#ask('RunPodSandbox', { 1: this.#config })).text(1);
    this.undo.push(
      () => this.#ask('RemovePodSandbox', { 1: this.id }),
      () => this.#ask('StopPodSandbox', { 1: this.id }),
    );
  }

  async startContainer(name: string): Promise<string> {
    const config = Buffer.concat([
      encodeMessage({ 1: encodeMessage({ 1: name }), 2: encodeMessage({ 1: BUSYBOX_IMAGE }) }),
      ...SLEEP.map((word) => encodeMessage({ 3: word })),
      encodeMap(9, this.labelsOf(name)),
      encodeMessage({ 15: encodeMessage({ 2: encodeMessage({ 3: NAMESPACES }) }) }),
    ]);
    const id = (await this.#ask('CreateContainer', { 1: this.id, 2: config, 3: this.#config })).text(1);
    await this.#ask('StartContainer', { 1: id });
    return id;
  }

  /** Without a time to end by itself. */
  async stopContainer(id: string): Promise<void> {
    await this.#ask('StopContainer', { 1: id, 2: 0 });
  }

  async pid(id: string): Promise<number> {
    const tasks = await run('ctr', ['--address', this.socket, '--namespace', 'k8s.io', 'task', 'ls']);
    return Number(new RegExp(`^${id} +(\\d+) `, 'm').exec(tasks)?.[1]);
  }

  #ask(method: string, fields: Parameters<typeof encodeMessage>[0]): Promise<Message> {
    return ask(this.socket, `RuntimeService/${method}`, encodeMessage(fields));
  }
}

function ask(socketPath: string, method: string, message: Buffer = Buffer.alloc(0)): Promise<Message> {
  return withGrpc({ socketPath }, AbortSignal.timeout(60_000), async (call) => {
    return new Message(await call(`/runtime.v1.${method}`, message));
  });
}

function encodeMap(field: number, entries: Readonly<Record<string, string>>): Buffer {
  const messages = Object.entries(entries).map(([key, value]) => encodeMessage({ 1: key, 2: value }));
  return Buffer.concat(messages.map((entry) => encodeMessage({ [field]: entry })));
}
