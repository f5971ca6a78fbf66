// What the installed helper lets chosen users do without a password, by the caller's real uid: join namespaces of the
// named types as themselves. The helper holds to it itself, whatever sudoers says, and the command gains no rights.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EnterRequest } from '../enter/arguments';
import { errorCode, HelperError, quote, reason } from '../errors';
import { isNamespaceName, type NamespaceName } from '../namespaceTypes';
import { isRootsAlone } from './trust';
import { PATHS } from './paths';

export interface Policy {
  /** User names. */
  users: string[];
  types: NamespaceName[];
}

/** Types that a policy may name: they neither change what files a set-user-ID program sees nor who is root there. */
const ALLOWABLE: readonly NamespaceName[] = ['net', 'ipc', 'uts', 'cgroup', 'time'];

/** Throws an Error that says what is wrong with a policy's text. */
export function parsePolicy(text: string): Policy {
  const data = JSON.parse(text) as unknown;
  if (typeof data !== 'object' || data === null) throw new Error('it is not an object');
  const { users, types, ...rest } = data as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error(`${quote(unknown)} is not a field of a policy`);
  if (!isTexts(users) || !isTexts(types)) throw new Error('"users" and "types" must be lists of names');
  return { users: users.map(checkUser), types: types.map(checkType) };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** A name as useradd(8) allows it, so that it can be written into sudoers as it is. */
export function checkUser(name: string): string {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(name) && name !== 'root') return name;
  throw new Error(`${quote(name)} is not the name of an ordinary user`);
}

export function checkType(name: string): NamespaceName {
  if (isNamespaceName(name) && ALLOWABLE.includes(name)) return name;
  throw new Error(`${quote(name)} cannot be allowed; only ${ALLOWABLE.join(', ')} can`);
}

/** The policy in force for the running helper; null where it is not the installed one, or none was installed. */
export function activePolicy(runningFile: string): Policy | null {
  if (dirname(runningFile) !== PATHS.lib) return null;
  const [text, sudoers] = [readIfThere(PATHS.policy), readIfThere(PATHS.sudoers)];
  if (text === null) {
    // Without a policy nobody would be held to it, and sudo still asks them for no password.
    if (sudoers !== null) throw unreadable(`it is missing, but ${PATHS.sudoers} is there`);
    return null;
  }
  if (!isRootsAlone(PATHS.policy)) throw unreadable('users other than root can write it');
  try {
    const { users, types } = parsePolicy(text);
    // A user who was removed from the policy but not from sudoers is still let in by sudo, and must remain bound by the policy.
    return { users: [...new Set([...users, ...usersLetIn(sudoers ?? '')])], types };
  } catch (error) {
    throw unreadable(reason(error));
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    // Not root, and so with no rights that would have to be limited.
    if (errorCode(error) === 'EACCES' && process.geteuid?.() !== 0) return '';
    throw unreadable(`${path}: ${reason(error)}`);
  }
}

/** The users that a drop-in lets in without a password: the lines that sudoersFor() writes. */
export function usersLetIn(sudoers: string): string[] {
  return [...sudoers.matchAll(/^(\S+) ALL=\(root\) NOPASSWD:/gm)].map(([, user = '']) => user.toLowerCase());
}

const unreadable = (why: string): HelperError =>
  new HelperError('notPermitted', `${PATHS.policy} cannot be trusted: ${why}; install the policy again`);

/**
 * Whether a caller is bound by a policy: one of its users, whatever other rights sudo may give them. In doubt yes: sudo
 * takes names that differ in case for the same one (sudoers(5), case_insensitive_user), several names may have one uid,
 * and a user whose name cannot be looked up may be anyone.
 */
export function isBound(
  policy: Policy | null,
  caller: { uid: number; name: () => string | null },
  uidOf: (name: string) => number | null,
): policy is Policy {
  if (policy === null) return false;
  const [uid, name] = [caller.uid, caller.name()];
  return name === null || policy.users.includes(name.toLowerCase()) || policy.users.some((user) => uidOf(user) === uid);
}

/** Refuses what the policy does not allow, naming it. */
export function checkAgainst(policy: Policy, request: EnterRequest): void {
  const refuse = (what: string): HelperError =>
    new HelperError(
      'notPermitted',
      `${what} is not what the policy ${PATHS.policy} allows you: joining ${policy.types.join(', ')} as yourself; use sudo with the helper of your own`,
    );
  if (request.as !== 'me') throw refuse('another identity than --as me');
  if (request.make.length > 0) throw refuse('--new');
  if (request.root !== null) throw refuse('--root');
  for (const { type, from } of request.joins) {
    if (!policy.types.includes(type)) throw refuse(`joining ${type}`);
    if ('file' in from && !/^\/run\/netns\/[^/]+$/.test(from.file))
      throw refuse(`--file ${quote(from.file)}, which is not in /run/netns,`);
  }
}
