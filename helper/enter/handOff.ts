// `user` and `time` cannot be joined by a process with several threads (setns(2)), which every Node process is. They are
// given to util-linux's nsenter(1) as descriptors of the very namespaces that were verified, so no pid comes back into it.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { HelperError } from '../errors';
import type { NamespaceName } from '../namespaceTypes';
import { pidfdAlive } from '../syscalls';
import type { EnterRequest } from './arguments';
import type { Environment } from './environment';
import type { Identity } from './identity';
import { gone, type PinnedNamespace, type PinnedTarget } from './target';

const NSENTER_PATHS = ['/usr/bin/nsenter', '/bin/nsenter'];

const NSENTER_OPTION: Record<NamespaceName, string> = {
  cgroup: '--cgroup',
  ipc: '--ipc',
  mnt: '--mount',
  net: '--net',
  pid: '--pid',
  time: '--time',
  user: '--user',
  uts: '--uts',
};

/** Absolute path of nsenter, from where only root can write; never from PATH. */
export function findNsenter(): string {
  for (const path of NSENTER_PATHS) {
    try {
      const stat = statSync(realpathSync(path));
      if (stat.isFile() && stat.uid === 0 && (stat.mode & 0o022) === 0) return path;
    } catch {
      // The next one may be there.
    }
  }
  throw new HelperError(
    'missingTool',
    'joining a user or time namespace takes nsenter: install the package util-linux',
  );
}

const fdPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** Options that let nsenter join `namespaces`. Their descriptors have to stay open across exec. */
function joinOptions(namespaces: readonly PinnedNamespace[]): string[] {
  return namespaces.map((namespace) => `${NSENTER_OPTION[namespace.type]}=${fdPath(namespace.fd)}`);
}

/**
 * nsenter's command line for joining everything at once, `user` among it: it joins what it may first and `user` last, or
 * `user` first where only that gives the right to the others. The identity was taken on before and is kept.
 */
export function nsenterAll(
  namespaces: readonly PinnedNamespace[],
  root: number | null,
  cwdInside: string | null,
  command: readonly string[],
): string[] {
  const view = [];
  if (root !== null) view.push(`--root=${fdPath(root)}`);
  if (cwdInside !== null) view.push(`--wdns=${cwdInside}`);
  return ['nsenter', '--preserve-credentials', ...joinOptions(namespaces), ...view, '--', ...command];
}

/**
 * nsenter's command line for joining `time` alone and then starting the helper again for the rest, in process. The
 * second helper is given the descriptors as files, and so verifies everything once more, the time namespace included.
 */
export function nsenterTimeFirst(
  namespaces: readonly PinnedNamespace[],
  root: number | null,
  request: EnterRequest,
  command: readonly string[],
): string[] {
  const time = namespaces.filter((namespace) => namespace.type === 'time');
  const again = [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'enter'];
  for (const { type, fd } of namespaces) again.push('--file', `${type}=${fdPath(fd)}`);
  if (root !== null) again.push('--root', fdPath(root));
  again.push('--as', request.as);
  if (request.cwd !== null) again.push('--cwd', request.cwd);
  if (request.envFile !== null) again.push('--env-file', request.envFile);
  if (request.removeEnvFile) again.push('--remove-env-file');
  if (request.verbose) again.push('--verbose');
  if (command.length > 0) again.push('--', ...command);
  return ['nsenter', ...joinOptions(time), '--', ...again];
}

/**
 * What must not reach nsenter, which still holds capabilities: variables by which the C library loads the caller's code
 * or data (ld.so(8)). The command does without them too, since nsenter hands on what it was given.
 */
export function withoutLoaderVariables(environment: Environment): Environment {
  return environment.filter(
    (entry) => !/^(?:LD_|GLIBC_TUNABLES=|GCONV_PATH=|LOCPATH=|NLSPATH=|MALLOC_)/.test(entry.toString('latin1')),
  );
}

/** The ids that root and its group of a target's user namespace has outside of it (user_namespaces(7), uid_map). */
export function rootOf({ target }: PinnedNamespace): Identity {
  if (!target)
    throw new HelperError(
      'identityFailed',
      'who root is in a user namespace is told by a process in it: give it by --target, or use --as me',
    );
  const identity = { uid: outsideId(target, 'uid_map'), gid: outsideId(target, 'gid_map'), groups: [] };
  if (!pidfdAlive(target.pidfd)) throw gone(target.pid);
  return identity;
}

function outsideId(target: PinnedTarget, file: 'uid_map' | 'gid_map'): number {
  const outside = mapFromInside(readFileSync(`/proc/${target.pid}/${file}`, 'utf8'), 0);
  if (outside === null) {
    throw new HelperError(
      'identityFailed',
      `the user namespace of process ${target.pid} has no root: id 0 is not in its ${file}; use --as me`,
    );
  }
  return outside;
}

/** The outside id of `inside` by the lines of a uid_map or gid_map (inside, outside, count); null where it has none. */
export function mapFromInside(map: string, inside: number): number | null {
  for (const line of map.trim().split('\n')) {
    const [first = NaN, outside = NaN, count = NaN] = line.trim().split(/\s+/).map(Number);
    if (inside >= first && inside < first + count) return outside + (inside - first);
  }
  return null;
}
