// Whether a container is paused: its cgroup is frozen, which everybody may see (cgroups(7)). Reads cgroupfs.
import { tryReadRecord, tryStat } from './procfs';

/** Where that is told: cgroups v2 alone, v2 beside v1, and v1. `mark` is in each cgroup of such a hierarchy, also in its root. */
const HIERARCHIES = [
  { folder: '', mark: 'cgroup.controllers', file: 'cgroup.events', frozen: /^frozen 1$/m },
  { folder: '/unified', mark: 'cgroup.controllers', file: 'cgroup.events', frozen: /^frozen 1$/m },
  { folder: '/freezer', mark: 'cgroup.procs', file: 'freezer.state', frozen: /^FROZEN$/m },
];

/** For one scan. */
export class Freezer {
  readonly #hierarchies;

  constructor(private readonly root = '/sys/fs/cgroup') {
    this.#hierarchies = HIERARCHIES.filter(({ folder, mark }) => tryStat(`${root}${folder}/${mark}`) !== null);
  }

  /** `paths` as in /proc/PID/cgroup: they may differ between hierarchies. */
  isFrozen(paths: readonly string[]): boolean {
    // The root is never frozen, and what is outside of the scan's own cgroup namespace is not below that folder.
    const below = new Set(paths.filter((path) => path !== '/' && !path.startsWith('/..')));
    return [...below].some((path) =>
      this.#hierarchies.some(({ folder, file, frozen }) =>
        frozen.test(tryReadRecord(`${this.root}${folder}${path}/${file}`) ?? ''),
      ),
    );
  }
}
