// Where the kernel tells of containers that come and go: folders of cgroups and of named networks, by inotify(7). Only a
// sooner hint; the list of processes is looked at as well. What may not be read is left out.
import { readdirSync, statSync, watch, type FSWatcher } from 'node:fs';

/** The unified hierarchy, or beside it systemd's; `pids` where there is no systemd. Only those that are there count. */
const CGROUP_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/pids'];
const NETWORKS = '/run/netns';
/** system.slice/docker-ID.scope, machine.slice/libpod.slice/…, user.slice/user-1000.slice/user@1000.service/…. */
const DEPTH = 4;
/** Each takes one of the user's inotify watches. */
const MOST = 128;

export class WatchPlaces {
  readonly #watched = new Map<string, FSWatcher>();

  constructor(
    private readonly onHint: () => void,
    private readonly roots: readonly string[] = [NETWORKS, ...CGROUP_ROOTS],
  ) {}

  /** Watches the folders that are there now, and no others. */
  renew(): void {
    const folders = new Set(listFolders(this.roots));
    for (const [path, watcher] of this.#watched) {
      if (folders.has(path)) continue;
      watcher.close();
      this.#watched.delete(path);
    }
    for (const path of folders) if (!this.#watched.has(path)) this.#add(path);
  }

  close(): void {
    for (const watcher of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #add(path: string): void {
    try {
      const watcher = watch(path, (event) => {
        // 'rename' is Node's word for made or removed; 'change' says that a file was written, which is no news.
        if (event === 'rename') this.onHint();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watched.delete(path);
      });
      this.#watched.set(path, watcher);
    } catch {
      // Gone, not ours to read, or no watch is left to have.
    }
  }
}

/** Breadth first: where there are too many, the upper ones tell more. */
function listFolders(roots: readonly string[]): string[] {
  const found: string[] = [];
  let level = roots.filter(isFolder);
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    found.push(...level);
    if (found.length >= MOST) break;
    level = level.flatMap(listFoldersIn);
  }
  return [...new Set(found)].slice(0, MOST);
}

function listFoldersIn(folder: string): string[] {
  // One named network lies beside the other, and looking into them gives nothing.
  if (folder === NETWORKS) return [];
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
