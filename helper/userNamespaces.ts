// Whether user namespaces can be made here: asked by doctor, and before unshare(1), which would say no more than "No space
// left on device". What is left out: limits that are reached, but not zero.
import { readKernelFile } from './kernelFile';

const OBSTACLES = [
  {
    path: '/proc/sys/user/max_user_namespaces',
    value: '0',
    means: 'allows nobody to make user namespaces',
    root: true,
  },
  // Of Debian's kernels.
  {
    path: '/proc/sys/kernel/unprivileged_userns_clone',
    value: '0',
    means: 'lets only root make user namespaces',
    root: false,
  },
  // Of Ubuntu's.
  {
    path: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    value: '1',
    means: 'lets only profiled programs use the rights of a user namespace',
    root: false,
  },
] as const;

export interface Obstacle {
  path: string;
  value: string;
  means: string;
}

/** What keeps `uid` from making a user namespace; null where nothing is known to. */
export function userNamespaceObstacle(uid: number): Obstacle | null {
  return OBSTACLES.find(({ path, value, root }) => (root || uid !== 0) && readKernelFile(path) === value) ?? null;
}
