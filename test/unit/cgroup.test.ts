// Where a target's cgroups are mounted: v2, v1, both, and those that are out of reach.
import assert from 'node:assert/strict';
import { folderOf, parseHierarchies } from '../../helper/enter/cgroup';

const UNIFIED = '29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';
const HYBRID = [
  '25 18 0:22 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro,mode=755',
  '26 25 0:23 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw',
  '27 25 0:24 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd',
  '28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw shared:12 - cgroup cgroup rw,cpu,cpuacct',
  '30 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');
/** As a container without a cgroup namespace has it: its own part alone is mounted. */
const PART = '31 20 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw';

describe('folder of a cgroup', () => {
  const CASES: [what: string, mountinfo: string, controllers: string, path: string, folder: string | null][] = [
    ['v2', UNIFIED, '', '/system.slice/docker-1.scope', '/sys/fs/cgroup/system.slice/docker-1.scope'],
    ['v2, at the top', UNIFIED, '', '/', '/sys/fs/cgroup'],
    ['v1 where only v2 is mounted', UNIFIED, 'memory', '/docker/1', null],
    ['both, v2', HYBRID, '', '/docker/1', '/sys/fs/cgroup/unified/docker/1'],
    ['both, one controller', HYBRID, 'memory', '/docker/1', '/sys/fs/cgroup/memory/docker/1'],
    ['both, two in one hierarchy', HYBRID, 'cpu,cpuacct', '/docker/1', '/sys/fs/cgroup/cpu,cpuacct/docker/1'],
    ['both, two in another order', HYBRID, 'cpuacct,cpu', '/docker/1', '/sys/fs/cgroup/cpu,cpuacct/docker/1'],
    ['both, by name', HYBRID, 'name=systemd', '/user.slice', '/sys/fs/cgroup/systemd/user.slice'],
    ['both, a controller that is not mounted', HYBRID, 'pids', '/docker/1', null],
    ['both, a controller with one that is in another hierarchy', HYBRID, 'cpu,memory', '/docker/1', null],
    ['a part, below it', PART, '', '/docker/abc/child', '/sys/fs/cgroup/child'],
    ['a part, itself', PART, '', '/docker/abc', '/sys/fs/cgroup'],
    ['a part, beside it', PART, '', '/docker/other', null],
    ['a part, one whose name begins alike', PART, '', '/docker/abcd', null],
    ['a cgroup outside of the cgroup namespace (cgroup_namespaces(7))', UNIFIED, '', '/../other', null],
    ['a path that is none', UNIFIED, '', '', null],
    ['nothing mounted', '', '', '/docker/1', null],
  ];
  for (const [what, mountinfo, controllers, path, folder] of CASES) {
    it(what, () => {
      assert.equal(folderOf(parseHierarchies(mountinfo), controllers, path), folder);
    });
  }
});
