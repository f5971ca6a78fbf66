// The command line of `enter`: parse and validate, refuse what is unknown, name what is bad. Pure; touches nothing.
import { HelperError, quote } from '../errors';
import { isNamespaceName, NAMESPACE_NAMES, type NamespaceName } from '../namespaceTypes';

/** One namespace to join. Order and kind of the source do not matter: enter() opens and checks all before any join. */
export interface Join {
  type: NamespaceName;
  /** What the namespace's inode has to be; null where the caller does not say. */
  inode: number | null;
  from: { target: TargetArgument } | { file: string };
}

export interface TargetArgument {
  pid: number;
  /** Field 22 of /proc/PID/stat; null where the caller does not say. */
  startTime: number | null;
}

export interface EnterRequest {
  joins: Join[];
  as: 'me' | 'root';
  /** Directory to change into, as seen inside; null: where the caller is, or `/` of a joined mount namespace. */
  cwd: string | null;
  envFile: string | null;
  /** Remove the environment file, as the caller, as soon as it is read. */
  removeEnvFile: boolean;
  /** Directory that becomes the root once mnt is joined; null: the root of the target that mnt is taken from. */
  root: string | null;
  verbose: boolean;
  /** Program and arguments; empty: a shell. */
  command: string[];
}

const bad = (message: string): HelperError =>
  new HelperError('badArguments', `${message} (see ns-helper enter --help)`);

export function parseEnter(argv: readonly string[]): EnterRequest {
  const request: EnterRequest = {
    joins: [],
    as: 'me',
    cwd: null,
    envFile: null,
    removeEnvFile: false,
    root: null,
    verbose: false,
    command: [],
  };
  const seen = new Set<string>();
  let target: TargetArgument | null = null;
  let targetUsed = true;

  for (let index = 0; index < argv.length; index++) {
    const option = argv[index] ?? '';
    if (option === '--') {
      request.command = argv.slice(index + 1);
      if (request.command.length === 0) throw bad('no command after --; leave the -- out for a shell');
      if (request.command[0] === '') throw bad('the command after -- is empty');
      break;
    }
    if (option === '--verbose' || option === '--remove-env-file') {
      once(seen, option);
      if (option === '--verbose') request.verbose = true;
      else request.removeEnvFile = true;
      continue;
    }
    if (!VALUED.has(option)) {
      throw bad(
        option.startsWith('-')
          ? `unknown option ${quote(option)}`
          : `unexpected argument ${quote(option)}; a command goes after --`,
      );
    }
    const value = argv[++index];
    if (value === undefined || value === '') throw bad(`${option} needs a value`);
    switch (option) {
      case '--target':
        if (!targetUsed) throw bad('--target without a --join after it');
        target = parseTarget(value);
        targetUsed = false;
        break;
      case '--join':
        if (!target) throw bad('--join has to follow the --target it belongs to');
        for (const item of value.split(',')) addJoin(request.joins, parseJoin(item, target));
        targetUsed = true;
        break;
      case '--file':
        addJoin(request.joins, parseFile(value));
        break;
      case '--new':
        for (const name of value.split(',')) typeName(name);
        throw new HelperError('notYet', '--new: new namespaces are not supported by this version of ns-helper yet');
      case '--as':
        once(seen, option);
        request.as = parseIdentity(value);
        break;
      case '--cwd':
        once(seen, option);
        request.cwd = absolute(option, value);
        break;
      case '--env-file':
        once(seen, option);
        request.envFile = absolute(option, value);
        break;
      case '--root':
        once(seen, option);
        request.root = absolute(option, value);
        break;
    }
  }

  if (!targetUsed) throw bad('--target without a --join after it');
  if (request.joins.length === 0) throw bad('nothing to join: give --target with --join, or --file');
  if (request.removeEnvFile && request.envFile === null) throw bad('--remove-env-file needs --env-file');
  if (request.root !== null && !request.joins.some((join) => join.type === 'mnt'))
    throw bad('--root needs mnt to be joined');
  return request;
}

const VALUED = new Set(['--target', '--join', '--file', '--new', '--as', '--cwd', '--env-file', '--root']);

function once(seen: Set<string>, option: string): void {
  if (seen.has(option)) throw bad(`${option} is given twice`);
  seen.add(option);
}

function addJoin(joins: Join[], join: Join): void {
  if (joins.some((other) => other.type === join.type)) throw bad(`${join.type} is to be joined twice`);
  joins.push(join);
}

function parseTarget(value: string): TargetArgument {
  const match = /^([0-9]{1,10})(?:@([0-9]{1,19}))?$/.exec(value);
  const pid = Number(match?.[1]);
  // PID_MAX_LIMIT of <linux/threads.h>
  if (!match || pid < 1 || pid > 4194304) throw bad(`--target ${quote(value)} is not PID or PID@STARTTIME`);
  return { pid, startTime: match[2] === undefined ? null : number('--target', match[2]) };
}

function parseJoin(item: string, target: TargetArgument): Join {
  const [name = '', inode, ...rest] = item.split('=');
  if (rest.length > 0 || inode === '') throw bad(`--join ${quote(item)} is not TYPE or TYPE=INODE`);
  return { type: typeName(name), inode: inode === undefined ? null : number('--join', inode), from: { target } };
}

function parseFile(value: string): Join {
  const at = value.indexOf('=');
  if (at < 0) throw bad(`--file ${quote(value)} is not TYPE=PATH`);
  return { type: typeName(value.slice(0, at)), inode: null, from: { file: absolute('--file', value.slice(at + 1)) } };
}

function parseIdentity(value: string): 'me' | 'root' {
  if (value === 'me' || value === 'root') return value;
  throw new HelperError(
    'notYet',
    `--as ${quote(value)} is not supported by this version of ns-helper yet; use me or root`,
  );
}

function typeName(name: string): NamespaceName {
  if (isNamespaceName(name)) return name;
  throw new HelperError(
    'unsupportedType',
    `${quote(name)} is no namespace type; the types are ${NAMESPACE_NAMES.join(', ')}`,
  );
}

function number(option: string, digits: string): number {
  const value = /^[0-9]+$/.test(digits) ? Number(digits) : NaN;
  if (!Number.isSafeInteger(value)) throw bad(`${option}: ${quote(digits)} is not a number in range`);
  return value;
}

// A path that is relative would mean another file after sudo changed the directory, or after mnt is joined.
function absolute(option: string, path: string): string {
  if (!path.startsWith('/')) throw bad(`${option}: ${quote(path)} is not an absolute path`);
  return path;
}
