// What the extension host does with the answers of a Docker engine with many containers. The engine is a program of its own,
// whose work is not counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DockerApi } from '../../../extension/discover/engines/dockerApi';
import { turnsUntil, type Turns } from './turns';

/** For each that runs, as many that do not. */
const STOPPED = 4;

/** Its first listing, which asks about each container that runs. `folder`: with engine.cjs. */
export async function measureEngine(folder: string, running: number, cpuMs: () => number): Promise<Turns> {
  const socketPath = join(folder, 'engine.sock');
  const argv = [join(folder, 'engine.cjs'), socketPath, String(running), String(STOPPED * running)];
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
