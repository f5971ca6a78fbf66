// `ns-helper install` and `uninstall`: a copy that only root can write, and, where asked for, a policy with its sudoers
// drop-in. All is written aside and, sudoers by visudo(8), checked before any of it takes its place.
import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HelperError, quote, reason } from '../errors';
import type { NamespaceName } from '../namespaceTypes';
import { nodeOptions, OWN_MOUNTS } from '../protocol';
import { draftOf, Drafts } from './drafts';
import { foreignLibrary } from './libraries';
import { HELPER_FILES, PATHS } from './paths';
import { checkType, checkUser, type Policy } from './policy';
import { isRootsAlone } from './trust';

export function install(argv: readonly string[], print: (text: string) => void): number {
  const policy = parseInstall(argv);
  needRoot('install');
  const drafts = new Drafts();
  const done: string[] = [];
  try {
    draftCopy(drafts, done);
    if (policy) draftPolicy(policy, drafts, done);
    else if (isThere(PATHS.sudoers) || isThere(PATHS.policy))
      done.push(`${PATHS.sudoers}, ${PATHS.policy}: removed; nobody may enter without a password any more`);
  } catch (error) {
    drafts.discard();
    if (error instanceof HelperError) throw error;
    throw new HelperError('internal', `install: ${reason(error)}; nothing was changed`, { cause: error });
  }
  putInPlace(drafts, policy !== null);
  print(`${done.join('\n')}\n`);
  return 0;
}

function putInPlace(drafts: Drafts, withPolicy: boolean): void {
  try {
    // Users of an earlier policy must not be let in any more, unless the new one names them too.
    rmSync(PATHS.sudoers, { force: true });
    if (!withPolicy) removeFiles([PATHS.policy, draftOf(PATHS.policy), draftOf(PATHS.sudoers)]);
    drafts.takePlace();
  } catch (error) {
    // Neither the old one nor the new one: half of each is nothing that root should run.
    drafts.discard();
    uninstallFiles();
    throw new HelperError('internal', `install: ${reason(error)}; what was installed has been removed`, {
      cause: error,
    });
  }
}

export function uninstall(argv: readonly string[], print: (text: string) => void): number {
  parseUninstall(argv);
  needRoot('uninstall');
  const removed = uninstallFiles();
  print(removed.length > 0 ? `removed ${removed.join(', ')}\n` : 'nothing was installed\n');
  return 0;
}

function draftCopy(drafts: Drafts, done: string[]): void {
  const source = dirname(process.argv[1] ?? '');
  for (const file of HELPER_FILES) {
    drafts.add(join(PATHS.lib, file), 0o644, readFileSync(join(source, file)));
  }
  // A Node that somebody else can replace would run as root.
  let node = process.execPath;
  if (!isRootsAlone(node)) {
    node = join(PATHS.lib, 'node');
    drafts.add(node, 0o755, readFileSync(process.execPath), refuseForeignLibraries);
  } else refuseForeignLibraries(node);
  // The one place that says which Node runs it. Constant but for that path, which is checked to need no quoting.
  if (!/^[A-Za-z0-9_./+-]+$/.test(node))
    throw new HelperError('internal', `install: the path of Node has special characters: ${quote(node)}`);
  drafts.add(PATHS.command, 0o755, commandScript(node));
  done.push(`${PATHS.command}: runs ${PATHS.lib}/helper.js with ${node}`);
}

/** Anyone who can write a file that Node loads could run anything as root before the helper's first line. */
function refuseForeignLibraries(node: string): void {
  const library = foreignLibrary(node);
  if (library !== null)
    throw new HelperError(
      'missingTool',
      `install: users other than root can change ${quote(library)}, which Node at ${process.execPath} loads or looks into; take a Node whose libraries only root can change, such as your distribution's; nothing was installed`,
    );
}

/**
 * What is run as `ns-helper`, by a path of Node that needs no quoting. OpenSSL's configuration names libraries to load, and lies
 * wherever the Node was built for. Whoever can write to it is root.
 */
export function commandScript(node: string): string {
  return `#!/bin/sh
# Written by ns-helper install; removed by ns-helper uninstall.
unset NODE_OPTIONS NODE_PATH
# Node takes some options for its own wherever they are on its command line, but none of these begins with one.
mnt=no options=$1 option=
for argument do
  shift
  set -- "$@" "=$argument"
  case $argument in --) options=no ;; esac
  case "$options $option $argument" in "enter --join "*mnt*) mnt=yes ;; esac
  option=$argument
done
# Where root joins mnt, the helper would start Node a second time if it had no mounts of its own.
[ $mnt = yes ] && [ -w ${node} ] && [ -x ${OWN_MOUNTS.program} ] || mnt=no
[ $mnt = no ] || { shift; set -- =enter =${OWN_MOUNTS.option} "$@"; }
set -- ${node} ${nodeOptions().join(' ')} --openssl-config=/dev/null -- ${PATHS.lib}/helper.js "$@"
[ $mnt = no ] || set -- ${OWN_MOUNTS.program} ${OWN_MOUNTS.args.join(' ')} "$@"
exec "$@"
`;
}

/** The path of Node that such a script names; empty where it is none. */
export const nodeOfScript = (script: string): string => /^set -- (\/\S+) /m.exec(script)?.[1] ?? '';

function draftPolicy(policy: Policy, drafts: Drafts, done: string[]): void {
  drafts.add(PATHS.policy, 0o644, `${JSON.stringify(policy, null, 2)}\n`);
  drafts.add(PATHS.sudoers, 0o440, sudoersFor(policy), (draft) => {
    const checked = spawnSync('visudo', ['--check', '--quiet', '--file', draft], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    if (checked.error)
      throw new HelperError(
        'missingTool',
        'visudo is not installed, and without it no sudoers file is written; install sudo',
      );
    if (checked.status !== 0)
      throw new HelperError('internal', `visudo refuses the drop-in: ${checked.stderr.trim().replaceAll('\n', ' ')}`);
  });
  done.push(
    `${PATHS.policy}: ${policy.users.join(', ')} may join ${policy.types.join(', ')} as themselves`,
    `${PATHS.sudoers}: without a password`,
  );
}

/** Names have been checked to be plain, so that they mean in sudoers what they say. */
export function sudoersFor({ users }: Policy): string {
  return [
    '# Written by ns-helper install; removed by ns-helper uninstall. ns-helper itself holds these users to its policy.',
    `Defaults!${PATHS.command} env_reset, !env_keep, !setenv, secure_path="/usr/sbin:/usr/bin:/sbin:/bin"`,
    ...users.map((user) => `${user} ALL=(root) NOPASSWD: ${PATHS.command} enter *`),
    '',
  ].join('\n');
}

/** Everything that install makes, and the drafts that an install leaves if it is killed. */
function uninstallFiles(): string[] {
  // Rights first: what sudoers allows must not outlive what it allows.
  const files = [PATHS.sudoers, PATHS.policy, PATHS.command];
  return removeFiles([...files, PATHS.lib, ...files.map(draftOf)]);
}

/** Returns those that were there. */
function removeFiles(paths: readonly string[]): string[] {
  const present = paths.filter(isThere);
  for (const path of present) rmSync(path, { recursive: true });
  try {
    rmdirSync(dirname(PATHS.policy));
  } catch {
    // Not there, or not ours alone.
  }
  return present;
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function needRoot(verb: string): void {
  if (process.geteuid?.() !== 0)
    throw new HelperError('notPermitted', `${verb} writes where only root can; start ns-helper with sudo`);
}

/** `[--allow USER[,USER…]] [--types TYPE[,TYPE…]]`; null where no policy is asked for. */
export function parseInstall(argv: readonly string[]): Policy | null {
  const lists = new Map<string, string[]>();
  for (let index = 0; index < argv.length; index += 2) {
    const [option = '', value = ''] = argv.slice(index, index + 2);
    if (!['--allow', '--types'].includes(option) || lists.has(option))
      throw new HelperError('badArguments', `install: unexpected argument ${quote(option)} (see ns-helper --help)`);
    if (value === '') throw new HelperError('badArguments', `install: ${option} needs a value`);
    lists.set(option, value.split(','));
  }
  const users = lists.get('--allow');
  const types = lists.get('--types');
  if (!users) {
    if (types) throw new HelperError('badArguments', 'install: --types says what --allow allows; give --allow too');
    return null;
  }
  return { users: checkAll(users, checkUser), types: checkAll<NamespaceName>(types ?? ['net'], checkType) };
}

export function parseUninstall([unexpected]: readonly string[]): void {
  if (unexpected !== undefined)
    throw new HelperError('badArguments', `uninstall: unexpected argument ${quote(unexpected)} (see ns-helper --help)`);
}

function checkAll<T>(items: readonly string[], check: (item: string) => T): T[] {
  try {
    return items.map(check);
  } catch (error) {
    throw new HelperError('badArguments', `install: ${reason(error)}`, { cause: error });
  }
}
