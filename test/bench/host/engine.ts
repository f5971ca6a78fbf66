// What the extension host does with the answers of a Docker engine with many containers. The engine is a program of its own,
// whose work is not counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DockerApi } from '../../../extension/discover/engines/dockerApi';
import { turnsUntil, type Turns } from './turns';

/** For each that runs, as many that do not. */
const STOPPED = 4;

const ENGINE = `
const { createServer } = require('node:http');
const [path, running, stopped] = process.argv.slice(1);
const idOf = (n) => n.toString(16).padStart(64, '0');
const Labels = Object.fromEntries(Array.from({ length: 8 }, (_, n) => ['org.example.label.' + n, 'x'.repeat(40)]));
const all = Array.from({ length: Number(running) + Number(stopped) }, (_, n) => ({
  Id: idOf(n),
  Names: ['/container-' + n],
  Image: 'registry.example/image:latest',
  State: n < running ? 'running' : 'exited',
  Labels,
  Mounts: [],
  NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2', NetworkID: idOf(n) } } },
}));
const list = JSON.stringify(all);
createServer(({ url }, response) => {
  const id = /^\\/containers\\/([0-9a-f]{64})\\/json$/.exec(url)?.[1];
  if (url.startsWith('/containers/json')) response.end(list);
  else if (id === undefined) response.end('{}');
  else {
    const Pid = 1000 + parseInt(id, 16);
    const Config = { Image: 'image', Labels, Env: Array(50).fill('VARIABLE=' + 'x'.repeat(80)) };
    response.end(JSON.stringify({ Id: id, Name: '/c', Config, State: { Status: 'running', Pid } }));
  }
}).listen(path, () => console.log('listens'));
`;

/** Its first listing, which asks about each container that runs. */
export async function measureEngine(folder: string, running: number, cpuMs: () => number): Promise<Turns> {
  const socketPath = join(folder, 'engine.sock');
  const argv = ['-e', ENGINE, socketPath, String(running), String(STOPPED * running)];
  const engine = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(engine.stdout, 'data');
    const address = { kind: 'docker', text: socketPath, connect: { socketPath }, explicit: true } as const;
    // What is loaded when an engine is first asked is not of this.
    await new DockerApi(address).events(AbortSignal.timeout(100)).catch(() => undefined);
    return await turnsUntil(new DockerApi(address).list(), cpuMs);
  } finally {
    engine.kill('SIGKILL');
  }
}
