// Moves this thread into the cgroups of a target's process, so that what it uses counts there and its limits hold
// (cgroups(7)). To be done before a cgroup namespace is joined: that hides the host's hierarchy.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { errorCode, HelperError, quote, reason } from '../errors';
import { type PinnedTarget, readOf } from './target';

export interface Hierarchy {
  /** Controllers of a v1 hierarchy, such as `cpu,cpuacct` or `name=systemd`; empty for v2. */
  controllers: string[];
  /** The cgroup that is mounted, and where. */
  root: string;
  point: string;
}

/**
 * Returns a line for each hierarchy whose cgroup could not be joined because it is not mounted or we may not write to it. Any other
 * failure is an error, since the target may have caused it. With `guards`, the device rules of the cgroup have to hold, because
 * without them every device node that the target made would open for us: then it is always an error if they cannot be had.
 */
export function joinCgroupsOf(target: PinnedTarget, guards: boolean): string[] {
  const hierarchies = parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));
  const own = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  return readOf(target, (proc) => readFileSync(`${proc}/cgroup`, 'utf8'))
    .trim()
    .split('\n')
    .filter((line) => !own.includes(line))
    .flatMap((line) => {
      const [, controllers = '', ...path] = line.split(':');
      const has = guards && hasDeviceRules(controllers);
      const folder = folderOf(hierarchies, controllers, path.join(':'));
      if (folder === null) {
        if (has) throw notGuarded(line, 'not mounted here');
        return [`cgroup ${quote(line)}: not mounted here`];
      }
      try {
        // "0" is who writes. In v1 (its "tasks") a thread may go alone, which the kernel does at once; for a whole process it
        // waits until every processor was idle for a moment. The command comes from this very thread.
        writeFileSync(join(folder, controllers === '' ? 'cgroup.procs' : 'tasks'), '0', { flag: 'r+' });
        return [];
      } catch (error) {
        if (!['EROFS', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) throw notJoined(folder, error);
        if (has) throw notGuarded(folder, reason(error), error);
        return [`cgroup ${quote(folder)}: ${reason(error)}`];
      }
    });
}

/** In v1 those of the controller `devices`; in v2 any cgroup can have a program that decides (cgroup-v2.rst, "Device controller"). */
const hasDeviceRules = (controllers: string): boolean =>
  controllers === '' || controllers.split(',').includes('devices');

const notGuarded = (cgroup: string, why: string, cause?: unknown): HelperError =>
  new HelperError(
    'joinFailed',
    `cgroup ${quote(cgroup)} of the target cannot be joined: ${why}; without its rules the target's device nodes could be opened; run ns-helper where cgroups are writable, or leave mnt out`,
    { cause },
  );

const notJoined = (folder: string, error: unknown): HelperError =>
  new HelperError(
    'joinFailed',
    `cgroup ${quote(folder)} of the target cannot be joined: ${reason(error)}; it may have changed just now`,
    { cause: error },
  );

/** Folder of a cgroup, given as in /proc/PID/cgroup; null where its hierarchy, or that part of it, is not mounted. */
export function folderOf(hierarchies: readonly Hierarchy[], controllers: string, path: string): string | null {
  const wanted = controllers === '' ? [] : controllers.split(',');
  const hierarchy = hierarchies.find(
    (candidate) =>
      (wanted.length === 0) === (candidate.controllers.length === 0) &&
      wanted.every((controller) => candidate.controllers.includes(controller)),
  );
  // cgroup_namespaces(7): a cgroup outside of our own namespace is shown with `..`.
  if (!hierarchy || !path.startsWith('/') || path.split('/').includes('..')) return null;
  const below = relative(hierarchy.root, path);
  return below.split('/').includes('..') ? null : join(hierarchy.point, below);
}

/** The cgroup mounts among the lines of /proc/PID/mountinfo (proc(5)). */
export function parseHierarchies(mountinfo: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '', point = ''] = left.split(' ');
    const [type, , options = ''] = right.split(' ');
    if (type === 'cgroup2') return [{ controllers: [], root, point }];
    if (type === 'cgroup') return [{ controllers: options.split(','), root, point }];
    return [];
  });
}
