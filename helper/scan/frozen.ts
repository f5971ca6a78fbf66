// Whether a container is paused: its cgroup is frozen, which everybody may see (cgroups(7)). Reads cgroupfs.
import { tryReadRecord } from './procfs';

/** Cgroups v2 alone; beside those of v1; and v1's. */
const PLACES = [
  { folder: '', file: 'cgroup.events', frozen: /^frozen 1$/m },
  { folder: '/unified', file: 'cgroup.events', frozen: /^frozen 1$/m },
  { folder: '/freezer', file: 'freezer.state', frozen: /^FROZEN$/m },
];

/** `paths` as in /proc/PID/cgroup, which may differ between hierarchies. */
export function isFrozen(paths: readonly string[], root = '/sys/fs/cgroup'): boolean {
  return [...new Set(paths)].some((path) =>
    // The root is never frozen; and what is outside of the scan's own cgroup namespace is not below that folder.
    path === '/' || path.startsWith('/..')
      ? false
      : PLACES.some(({ folder, file, frozen }) => frozen.test(tryReadRecord(`${root}${folder}${path}/${file}`) ?? '')),
  );
}
