// The command line of `enter`: parse and validate, refuse what is unknown, name what is bad. Pure; touches nothing.
import { HelperError, quote } from '../errors';
import { OWN_MOUNTS } from '../protocol';
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

/** Who runs the command. `user` is a name of the target's own /etc/passwd. */
export type As = 'me' | 'root' | 'target' | { uid: number; gid: number | null } | { user: string };

/** What is made to fit the joined namespaces where the filesystem stays the host's: see view.ts. */
const VIEWS = ['dns', 'sys', 'proc'] as const;
export type View = (typeof VIEWS)[number];

export interface EnterRequest {
  joins: Join[];
  /** Types to make new namespaces of, after the joins. */
  make: NamespaceName[];
  as: As;
  /** Directory to change into, as seen inside; null: where the caller is, or `/` of a joined mount namespace. */
  cwd: string | null;
  envFile: string | null;
  /** Remove the environment file, as the caller, as soon as it is read. */
  removeEnvFile: boolean;
  /** Whether this process was started in a mount namespace of its own: see readOnly.ts. */
  ownMounts: boolean;
  /** Directory that becomes the root once mnt is joined; null: the root of the target that mnt is taken from. */
  root: string | null;
  views: readonly View[];
  verbose: boolean;
  /** Program and arguments; empty: a shell. */
  command: string[];
}

const bad = (message: string): HelperError =>
  new HelperError('badArguments', `${message} (see ns-helper enter --help)`);

/** Options without a value. */
const FLAGS = new Map<string, (request: EnterRequest) => void>([
  ['--verbose', (request) => (request.verbose = true)],
  ['--remove-environment-file', (request) => (request.removeEnvFile = true)],
  [OWN_MOUNTS.option, (request) => (request.ownMounts = true)],
]);

/** Options with a value, but for --target and --join, of which one belongs to the other. */
const VALUES = new Map<string, (request: EnterRequest, value: string) => void>([
  [
    '--file',
    (request, value) => {
      addJoin(request.joins, parseFile(value));
    },
  ],
  ['--new', (request, value) => (request.make = value.split(',').map(typeName))],
  ['--as', (request, value) => (request.as = parseIdentity(value))],
  ['--cwd', (request, value) => (request.cwd = absolute('--cwd', value))],
  ['--environment-file', (request, value) => (request.envFile = absolute('--environment-file', value))],
  ['--root', (request, value) => (request.root = absolute('--root', value))],
  ['--view', (request, value) => (request.views = parseViews(value))],
]);

const REPEATED = new Set(['--target', '--join', '--file']);

/** Throws a HelperError: badArguments, or unsupportedType. */
export function parseEnter(argv: readonly string[]): EnterRequest {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const request: EnterRequest = {
    joins: [],
    make: [],
    as: 'me',
    cwd: null,
    envFile: null,
    removeEnvFile: false,
    ownMounts: false,
    root: null,
    views: VIEWS,
    verbose: false,
    command: [],
  };
  parseOptions(argv.slice(0, end), request);
  if (end < argv.length) request.command = parseCommand(argv.slice(end + 1));
  checkWhole(request);
  return request;
}

function parseOptions(argv: readonly string[], request: EnterRequest): void {
  const seen = new Set<string>();
  let target: TargetArgument | null = null;
  let targetUsed = true;
  for (let index = 0; index < argv.length; index++) {
    const option = argv[index] ?? '';
    const flag = FLAGS.get(option);
    const setValue = VALUES.get(option);
    if (!flag && !setValue && !REPEATED.has(option)) throw unknown(option);
    if (!REPEATED.has(option)) once(seen, option);
    if (flag) {
      flag(request);
      continue;
    }
    const value = argv[++index];
    if (value === undefined || value === '') throw bad(`${option} needs a value`);
    if (option === '--target') {
      if (!targetUsed) throw bad('--target without a --join after it');
      target = parseTarget(value);
      targetUsed = false;
    } else if (option === '--join') {
      if (!target) throw bad('--join must follow the --target it belongs to');
      for (const item of value.split(',')) addJoin(request.joins, parseJoin(item, target));
      targetUsed = true;
    } else setValue?.(request, value);
  }
  if (!targetUsed) throw bad('--target without a --join after it');
}

function parseCommand(command: readonly string[]): string[] {
  if (command.length === 0) throw bad('no command after --; leave the -- out for a shell');
  if (command[0] === '') throw bad('the command after -- is empty');
  return [...command];
}

/** What only shows once all options are known. */
function checkWhole({ joins, make, as, root, envFile, removeEnvFile }: EnterRequest): void {
  if (joins.length === 0 && make.length === 0)
    throw bad('nothing to enter: give --target with --join, --file, or --new');
  const repeated = make.find((type, index) => make.indexOf(type) !== index);
  if (repeated !== undefined) throw bad(`--new names ${repeated} twice`);
  const both = make.find((type) => joins.some((join) => join.type === type));
  if (both !== undefined) throw bad(`${both} is both to be joined and to be created: choose one`);
  const joinsMnt = joins.some((join) => join.type === 'mnt');
  if (removeEnvFile && envFile === null) throw bad('--remove-environment-file needs --environment-file');
  if (root !== null && !joinsMnt) throw bad('--root needs mnt among the joined namespaces');
  if (as === 'target' && !joins.some((join) => 'target' in join.from)) throw bad('--as target needs a --target');
  if (typeof as === 'object' && 'user' in as && !joinsMnt)
    throw bad(
      `--as ${quote(as.user)}: a name is looked up in the target's filesystem, so mnt has to be joined; or give UID:GID`,
    );
}

function unknown(option: string): HelperError {
  if (option.startsWith('-')) return bad(`unknown option ${quote(option)}`);
  return bad(`unexpected argument ${quote(option)}; a command goes after --`);
}

function once(seen: Set<string>, option: string): void {
  if (seen.has(option)) throw bad(`${option} is given twice`);
  seen.add(option);
}

function addJoin(joins: Join[], join: Join): void {
  if (joins.some((other) => other.type === join.type)) throw bad(`${join.type} is given twice`);
  joins.push(join);
}

/** PID or PID@STARTTIME. */
export function parseTarget(value: string): TargetArgument {
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

/** What stands before a path cannot be part of it: it begins with a slash. */
function parseFile(value: string): Join {
  const match = /^([^=]*)=(?:([0-9]+):)?(.*)$/s.exec(value);
  if (!match) throw bad(`--file ${quote(value)} is not TYPE=PATH or TYPE=INODE:PATH`);
  const [, name = '', inode, path = ''] = match;
  return {
    type: typeName(name),
    inode: inode === undefined ? null : number('--file', inode),
    from: { file: absolute('--file', path) },
  };
}

function parseIdentity(value: string): As {
  if (value === 'me' || value === 'root' || value === 'target') return value;
  const ids = /^([0-9]{1,10})(?::([0-9]{1,10}))?$/.exec(value);
  if (ids) return { uid: id(value, ids[1] ?? ''), gid: ids[2] === undefined ? null : id(value, ids[2]) };
  // useradd(8): what a user's name may be. Anything else is a typing error, not a name to look for.
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/.test(value)) return { user: value };
  throw bad(`--as ${quote(value)} is not me, target, root, UID, UID:GID or a user's name`);
}

function id(value: string, digits: string): number {
  // (uid_t) -1 means "leave as it is" to the system calls
  if (Number(digits) >= 0xffffffff) throw bad(`--as ${quote(value)}: ${digits} is not a user or group ID`);
  return Number(digits);
}

function parseViews(value: string): View[] {
  if (value === 'none') return [];
  return value.split(',').map((name) => {
    const view = VIEWS.find((candidate) => candidate === name);
    if (!view) throw bad(`--view ${quote(name)} is not ${VIEWS.join(', ')} or none`);
    return view;
  });
}

function typeName(name: string): NamespaceName {
  if (isNamespaceName(name)) return name;
  throw new HelperError(
    'unsupportedType',
    `${quote(name)} is not a namespace type; the types are ${NAMESPACE_NAMES.join(', ')}`,
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
