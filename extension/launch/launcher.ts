// The first process of a terminal or task: asks the extension for the command line to become, leaves its environment for
// the helper in a private file, and becomes it. A bundle of its own; runs as the user, with no rights but theirs.
// Usage: launcher.js SOCKET (--key KEY | --task JSON)
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants as os } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as v from 'valibot';
import { LaunchAnswer, type LaunchRequest } from './protocol';

async function main([socketPath = '', kind, value = '']: readonly string[]): Promise<number> {
  const request: LaunchRequest = {
    ...(kind === '--key' ? { key: value } : { task: JSON.parse(value) as unknown }),
    directory: process.cwd(),
  };
  const answer = v.parse(LaunchAnswer, JSON.parse(await ask(socketPath, `${JSON.stringify(request)}\n`)));
  if ('error' in answer) throw new Error(answer.error);
  if (answer.envFile !== null) writeFileSync(answer.envFile, ownEnvironment(), { mode: 0o600, flag: 'wx' });
  return becomeCommand(findOnPath(answer.command), [...answer.args]);
}

function ask(socketPath: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('end', () => {
      resolve(answer);
    });
    socket.on('error', (error) => {
      reject(new Error(`the extension does not answer (${error.message}); open this again from the Namespaces view`));
    });
  });
}

/** The environment as this process was given it, byte for byte, without what only made Electron act as Node. */
function ownEnvironment(): Buffer {
  const block = readFileSync('/proc/self/environ', 'latin1');
  return Buffer.from(
    block
      .split('\0')
      .filter((entry) => !entry.startsWith('ELECTRON_RUN_AS_NODE='))
      .join('\0'),
    'latin1',
  );
}

function findOnPath(command: string): string {
  if (isAbsolute(command)) return command;
  for (const directory of (process.env['PATH'] ?? '').split(':').filter(isAbsolute)) {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return join(directory, command);
    } catch {
      // The next one may have it.
    }
  }
  throw new Error(
    `${command} is not installed, or not on your PATH; it is needed to enter namespaces that are not yours`,
  );
}

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/** Takes the command's place where Node can (22.15 and later), so that it has the terminal to itself; else waits for it. */
function becomeCommand(file: string, args: string[]): number | Promise<number> {
  const env = { ...process.env };
  delete env['ELECTRON_RUN_AS_NODE'];
  if ('execve' in process) {
    // Node calls it experimental on standard error, where people would read it.
    process.removeAllListeners('warning');
    (process.execve as Execve)(file, [file, ...args], env);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env });
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      resolve(code ?? 128 + (signal ? os.signals[signal] : 0));
    });
  });
}

Promise.resolve(main(process.argv.slice(2))).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`Namespaces: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
