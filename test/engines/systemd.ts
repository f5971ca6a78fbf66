// A machine under systemd: the files of this one, booted in a container of systemd-nspawn, with cgroups of v2 alone. What is
// written in there goes to memory, and no unit is enabled but what systemd itself wants.
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { background, end, isRunning, run, waitFor } from '../support/run';
import { readText, type Undo } from './undo';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** "$1" is its folder, "$2" its name, "$3" what of the machine's /tmp it sees. */
const BOOT = `
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    test ! -e "$hierarchy/cgroup.procs" || { mkdir "$hierarchy/$2"; echo $$ >"$hierarchy/$2/cgroup.procs"; }
  done
  mount -t tmpfs none "$1"
  cd "$1"
  mkdir upper work root
  mount -t overlay none -o lowerdir=/,upperdir=upper,workdir=work root
  rm -rf root/etc/systemd/system/*.wants
  mkdir -p root/etc/systemd/system root/var/lib/machines
  tr -d - </proc/sys/kernel/random/uuid >root/etc/machine-id
  for unit in systemd-networkd systemd-networkd-wait-online systemd-resolved systemd-timesyncd postgresql; do
    ln -sf /dev/null "root/etc/systemd/system/$unit.service"
  done
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=1
  exec systemd-nspawn --quiet --boot --directory=root --machine="$2" --register=no --keep-unit --private-network \\
    --capability=CAP_SYS_ADMIN,CAP_NET_ADMIN,CAP_SYS_PTRACE --bind-ro="$3:$3:norbind"`;

export interface Systemd {
  /** Of its first process, as the machine counts. */
  readonly pid: number;
  /** In a unit of its own in there, as whoever logs in has; resolves with its standard output. */
  run(...argv: string[]): Promise<string>;
}

export async function startSystemd(
  name: string,
  { folder, seen, undo }: { folder: string; seen: string; undo: Undo },
): Promise<Systemd> {
  const log = join(folder, 'systemd.log');
  undo.push(() => {
    for (const hierarchy of ['', 'systemd', 'unified']) removeCgroups(join('/sys/fs/cgroup', hierarchy, name));
  });
  const argv = ['--mount', '--propagation=private', '--', 'sh', '-euc', BOOT, 'sh', folder, name, seen];
  const supervisor = await background('unshare', argv, log);
  undo.push(() => end([supervisor.pid], 10_000));
  const inside = (pid: number): string[] => [`--target=${pid}`, '--all', '--', '/usr/bin/env', `PATH=${PATH}`];
  const pid = await waitFor('systemd to boot', async () => {
    if (!isRunning(supervisor.pid)) throw new Error(readText(log));
    const [first] = readText(`/proc/${supervisor.pid}/task/${supervisor.pid}/children`).split(' ').filter(Boolean);
    if (first === undefined) return null;
    const asks = [...inside(Number(first)), 'sh', '-c', 'systemctl is-system-running || true'];
    const state = await run('nsenter', asks).catch(() => '');
    return /^(?:running|degraded)$/m.test(state) ? Number(first) : null;
  });
  const unit = ['systemd-run', '--pipe', '--wait', '--quiet', `--setenv=PATH=${PATH}`, '--'];
  return { pid, run: (...command) => run('nsenter', [...inside(pid), ...unit, ...command]) };
}

/** With all below it, once nobody is in there any more. */
function removeCgroups(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroups(join(path, entry.name));
  }
  rmdirSync(path);
}
