// The environment that the command gets, as raw `NAME=value` byte strings. Reads the caller's private file with the
// caller's own rights, never with root's.
import { closeSync, constants, fstatSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { errorCode, HelperError, quote, reason } from '../errors';
import { withFileAccessOf } from '../syscalls/identity';
import type { EnterRequest } from './arguments';
import { bytesOf, textOf } from './bytes';
import type { Caller } from './caller';
import type { TargetIdentity } from './targetIdentity';

export type Environment = Buffer[];

/** execve(2) takes no more than 6 MiB of arguments and environment together, whatever the stack limit. */
const MAX_ENV_FILE = 6 * 1024 * 1024;

const ROOT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface EnvironmentSources {
  request: EnterRequest;
  caller: Caller;
  /** The helper's own, as sudo left it. */
  own: Environment;
  joinsMnt: boolean;
  /** Whose identity is taken on, where that is the target's process. */
  target: TargetIdentity | null;
}

/**
 * - with --environment-file: exactly what the file holds;
 * - as the target, among its own files: its process's own, and the terminal's type;
 * - with mnt joined: a small one that names nothing of the host's;
 * - else the helper's own, made the caller's again where sudo had reset it.
 */
export function buildEnvironment({ request, caller, own, joinsMnt, target }: EnvironmentSources): Environment {
  if (request.envFile !== null) return readEnvFile(request.envFile, caller, request.removeEnvFile);
  const term = getVariable(own, 'TERM');
  const terminal = term === null ? {} : { TERM: term };
  // Out here its PATH and LD_PRELOAD would name the host's files, of which some are a container's to write.
  if (joinsMnt && target?.environment) return withVariables(target.environment, terminal);
  const me = request.as === 'me' ? caller.account() : { name: 'root', home: '/root', shell: '/bin/sh' };
  const account = me ? { HOME: me.home, USER: me.name, LOGNAME: me.name } : {};
  if (joinsMnt) return withVariables([], { PATH: ROOT_PATH, ...account, ...terminal });
  // Only what sudo reset is the caller's to get back; root itself keeps what it has.
  if (request.as !== 'me' || process.getuid?.() === caller.uid || !me) return own;
  const kept = own.filter((entry) => !/^(?:SUDO|DOAS)_/.test(entry.toString('latin1')));
  return withVariables(kept, { ...account, SHELL: me.shell });
}

/** The shell where no command is given and the target's filesystem was not searched for one. */
export function chooseShell(environment: Environment, caller: Caller, joinsMnt: boolean): string {
  const shell = joinsMnt ? null : (getVariable(environment, 'SHELL') ?? caller.account()?.shell);
  return shell?.startsWith('/') ? shell : '/bin/sh';
}

/** What this process was started with. Bytes, which process.env no longer has. */
export const givenEnvironment = (): Environment => splitEnvironment(readFileSync('/proc/self/environ'));

/** Splits a NUL-separated block, as /proc/PID/environ and the environment file have it. What has no name is dropped. */
export function splitEnvironment(block: Buffer): Environment {
  const entries: Environment = [];
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(0, start);
    const entry = block.subarray(start, end < 0 ? block.length : end);
    if (entry.indexOf('=') > 0) entries.push(entry);
    start += entry.length + 1;
  }
  return entries;
}

export function getVariable(environment: Environment, name: string): string | null {
  const prefix = Buffer.from(`${name}=`);
  const entry = environment.find((candidate) => candidate.subarray(0, prefix.length).equals(prefix));
  return entry ? textOf(entry.subarray(prefix.length)) : null;
}

export function withVariables(environment: Environment, variables: Record<string, string>): Environment {
  const names = Object.keys(variables).map((name) => Buffer.from(`${name}=`));
  const kept = environment.filter((entry) => !names.some((name) => entry.subarray(0, name.length).equals(name)));
  return [...kept, ...Object.entries(variables).map(([name, value]) => bytesOf(`${name}=${value}`))];
}

// The path is the caller's word. Opened with the caller's rights, not through a link, without waiting on a FIFO; and it
// has to be the caller's own and closed to others, since it says what runs as the caller.
function readEnvFile(path: string, caller: Caller, remove: boolean): Environment {
  const refuse = (why: string, cause?: unknown): HelperError =>
    new HelperError('badEnvFile', `environment file ${quote(path)}: ${why}`, { cause });
  return withFileAccessOf(caller, () => {
    let fd: number;
    try {
      fd = openSync(
        bytesOf(path),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
      );
    } catch (error) {
      throw refuse(
        errorCode(error) === 'ELOOP'
          ? 'is a symbolic link; give the file itself'
          : `${reason(error)}; give a file of your own`,
        error,
      );
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw refuse('is not a regular file; give one that holds NAME=value, each ended by a NUL');
      if (stat.uid !== caller.uid)
        throw refuse(`belongs to uid ${stat.uid}, not to the caller (uid ${caller.uid}); give one of your own`);
      if ((stat.mode & 0o077) !== 0) throw refuse('is open to other users; chmod 600 it');
      if (stat.size > MAX_ENV_FILE)
        throw refuse(`has ${stat.size} bytes; at most ${MAX_ENV_FILE} fit; give a smaller one`);
      const block = readFileSync(fd);
      if (remove) unlinkSync(bytesOf(path));
      return splitEnvironment(block);
    } catch (error) {
      if (error instanceof HelperError) throw error;
      throw refuse(reason(error), error);
    } finally {
      closeSync(fd);
    }
  });
}
