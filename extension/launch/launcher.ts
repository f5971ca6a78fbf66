// The first process of a terminal or task: asks the extension for the command line to become, leaves its environment for
// the helper in a private file, and becomes it. A bundle of its own; runs as the user, with no rights but theirs.
// Usage: launcher.js SOCKET LANGUAGE (--key KEY [--in WORDS] | --task FIELD… [-- ARGUMENT…])
// WORDS are for people, who read them in the tooltip of the terminal's tab.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants as os } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as v from 'valibot';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import { isUserError, UserError } from '../model/userError';
import { holdInPrivateFolder } from '../shared/privateFolder';
import { speak } from '../shared/speak';
import { helperEnvironment } from './helperEnvironment';
import { LaunchAnswer, type LaunchRequest } from './protocol';

async function main([socketPath = '', language = '', kind, ...values]: readonly string[]): Promise<number> {
  speak(language);
  const request: LaunchRequest = {
    ...(kind === '--key' ? { key: values[0] ?? '' } : { task: withArguments(values) }),
    directory: process.cwd(),
  };
  const answer = await ask(socketPath, request).catch(async (error: unknown) => {
    if (request.key !== undefined && process.stdin.isTTY) return readAndClosed(messageOf(error));
    throw error;
  });
  if (answer === null) return 0;
  try {
    const program = findOnPath(answer.command);
    if (answer.envFile !== null) leaveEnvironment(answer.envFile);
    return await becomeCommand(program, [...answer.args]);
  } catch (error) {
    // A task's terminal stays open, to be read; that of a key closes with us, so the extension has to tell.
    if (request.key !== undefined) await tellFailure(socketPath, { ...request, failed: messageOf(error) });
    throw error;
  }
}

/** A file that was not written to its end says nothing, and would look as if sudo had refused before it was read. */
function leaveEnvironment(path: string): void {
  try {
    writeFileSync(path, ownEnvironment(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Resolves when the extension has taken it in, or cannot. */
function tellFailure(socketPath: string, failure: LaunchRequest): Promise<void> {
  return new Promise((resolve) => {
    const held = holdInPrivateFolder(socketPath);
    if (held === null) {
      resolve();
      return;
    }
    const socket = connect(held, () => socket.write(`${JSON.stringify(failure)}\n`));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve();
    });
    socket.resume();
  });
}

/** VS Code adds a shell task's command line behind all that it was told to start: it is one more argument of the task's. */
function withArguments(values: readonly string[]): string[] {
  const end = values.indexOf('--');
  if (end < 0) return [...values];
  return [...values.slice(0, end), ...values.slice(end + 1).map((argument) => `args[]=${argument}`)];
}

/** Asks, prints the notes that come, and resolves with the answer. */
async function ask(socketPath: string, request: LaunchRequest): Promise<Extract<LaunchAnswer, { command: string }>> {
  // VS Code starts terminals of an earlier session again, and whoever answers decides what is run.
  const held = holdInPrivateFolder(socketPath);
  if (held === null) throw new UserError(ofEarlierSession(request));
  const unanswered = (why: string): UserError =>
    new UserError(t('the extension does not answer ({0}); open this again from the Namespaces view', why));
  const socket = connect(held).setEncoding('utf8');
  socket.write(`${JSON.stringify(request)}\n`);
  let text = '';
  try {
    for await (const chunk of socket) {
      text += String(chunk);
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const answer = v.parse(LaunchAnswer, JSON.parse(line));
        if ('command' in answer) return answer;
        if ('error' in answer) throw new UserError(answer.error);
        process.stderr.write(`${answer.note}\n`);
      }
    }
  } catch (error) {
    throw isUserError(error) ? error : unanswered(messageOf(error));
  }
  throw unanswered(t('it has ended'));
}

const ofEarlierSession = ({ key }: LaunchRequest): string =>
  key === undefined
    ? t('this task was started in an earlier session; run it again')
    : t('this terminal was opened in an earlier session; open it again from the Namespaces view');

/** The words would go with the terminal, and VS Code would say instead that the shell failed: they stay until a key. */
async function readAndClosed(words: string): Promise<null> {
  process.stdout.write(`Namespaces: ${t('{0}. Press any key to close this terminal.', words)}\n`);
  process.stdin.setRawMode(true);
  await once(process.stdin, 'data');
  process.stdin.destroy();
  return null;
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
  throw new UserError(
    t('{0} is not installed, or not on your PATH; it is needed to enter namespaces that are not yours', command),
  );
}

/**
 * VS Code's mark of a new prompt. Where a task's command line does not fit above what the task printed, VS Code keeps it at the
 * top of the terminal (`terminal.integrated.stickyScroll`), over the sentence that says what went wrong; behind this, it does not.
 */
const BELOW_A_COMMAND = '\x1b]633;A\x07';

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/** Takes the command's place where Node can (22.15 and later), so that it has the terminal to itself; else waits for it. */
function becomeCommand(file: string, args: string[]): number | Promise<number> {
  const env = helperEnvironment(process.env);
  if ('execve' in process) {
    // Node calls it experimental on standard error, where people would read it.
    process.removeAllListeners('warning');
    (process.execve as Execve)(file, [file, ...args], env);
  }
  return new Promise((resolve, reject) => {
    // From before it starts: a signal that comes meanwhile would end this process alone.
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    const child = spawn(file, args, { stdio: 'inherit', env });
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
    process.stderr.write(`${process.stderr.isTTY ? BELOW_A_COMMAND : ''}Namespaces: ${messageOf(error)}\n`);
    process.exitCode = 1;
  },
);
