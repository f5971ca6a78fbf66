// A Docker engine with many containers, as a program of its own: what it works is not counted.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** For each that runs, as many that do not. */
const STOPPED = 4;

export const allOf = (running: number): number => running * (1 + STOPPED);

export const socketIn = (folder: string): string => join(folder, 'engine.sock');

/** `folder`: with engine.cjs. Resolves when it answers. */
export async function startEngine(folder: string, running: number): Promise<ChildProcess> {
  const argv = [join(folder, 'engine.cjs'), socketIn(folder), String(running), String(STOPPED * running)];
  const engine = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(engine.stdout, 'data');
  return engine;
}
