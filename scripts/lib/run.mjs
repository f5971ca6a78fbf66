// Runs programs for the scripts: an argv is a list, no shell reads it, and a failure names the program.
import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Debian keeps ip and dockerd in folders that are not on an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

export const isRoot = process.getuid?.() === 0;

/** Path of a program on PATH or in a system folder; undefined where there is none. */
export function which(program) {
  const folders = [...(process.env.PATH ?? '').split(':').filter(Boolean), ...SYSTEM_FOLDERS];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal, quiet?: boolean }} RunOptions */

/**
 * Runs a program with our own standard input and output; resolves with its exit code. `signal` ends it early.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>}
 */
export function status(command, args, { cwd, env, signal, quiet = false } = {}) {
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = quiet ? ['inherit', 'ignore', 'inherit'] : 'inherit';
  return codeOf(spawn(command, args, { cwd, env: env ?? process.env, stdio }), 'exit', signal);
}

/**
 * Runs a program without input; resolves with its exit code and all that it says. `signal` ends it early.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, said: string }>}
 */
export async function capture(command, args, { cwd, env, signal } = {}) {
  const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const code = await codeOf(child, 'close', signal);
  return { code, said };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {'exit' | 'close'} end which of its events is waited for
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<number>}
 */
function codeOf(child, end, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    child.once('error', (error) => reject(new Error(`cannot run ${child.spawnfile}: ${error.message}`)));
    child.once(end, (code) => {
      signal?.removeEventListener('abort', stop);
      resolve(code ?? 128);
    });
  });
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export async function run(command, args, options = {}) {
  const code = await status(command, args, options);
  options.signal?.throwIfAborted();
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')}: exit code ${code}`);
}

/**
 * Runs a program that has to succeed, and resolves with its standard output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 */
export function output(command, args, { cwd, env, signal } = {}) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env: env ?? process.env, signal, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${[command, ...args].join(' ')}: ${stderr.trim() || error.message}`));
      else resolve(stdout);
    });
  });
}

/** The argv that runs a command as root. Without a terminal nobody can type a password, so sudo must not ask for it. */
export function asRoot(argv) {
  if (isRoot) return argv;
  const sudo = which('sudo');
  if (!sudo) throw new Error(`needs root: ${argv.join(' ')}. Run this as root, or install sudo.`);
  return [sudo, ...(process.stdin.isTTY ? [] : ['-n']), '--', ...argv];
}
