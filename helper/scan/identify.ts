// What a group is: the engine, its name for the container, and what its state on disk says. From the surest to the
// vaguest: who minds it, its cgroup, its files, and in the end the program that runs in it. The rules for the names that
// /proc alone gives are in name.ts, each engine's in runtimes/.
import type { ScannedContainer, StoppedContainer } from '../protocol';
import type { Accounts } from './accounts';
import { type Budget, SpentError } from './budget';
import type { CommandLines } from './commandLines';
import { Freezer } from './frozen';
import { isInit } from './group';
import type { KnownGroup } from './known';
import type { Memory } from './memory';
import { namedNetwork, ownerGroupOf, programName } from './name';
import type { NamedNetwork } from './namedNetworks';
import { parseArguments, parseStatus } from './parse';
import type { ContainedProcess } from './process';
import { folderMarks, tryReadRecord, tryStat } from './procfs';
import { databaseOf, shimFacts } from './runtimes/containerd';
import { facts, type Facts } from './runtimes/facts';
import { lxcFacts } from './runtimes/lxc';
import { readMachines } from './runtimes/machined';
import { parseMinder, type Minder } from './runtimes/minder';
import { conmonFacts } from './runtimes/podman';
import { readRuncStates, runcFolders, type RuncState } from './runtimes/runc';
import { firejailName, flatpakFacts, flatpakName, rootlessName } from './runtimes/sandboxes';
import type { Store } from './runtimes/stores';
import { namespaceCreator } from './relations';

/** What a container is, apart from its namespaces and processes. */
export type ContainerFacts = Pick<ScannedContainer, keyof StoppedContainer | 'state'>;

export interface IdentitySources {
  readonly root: string;
  readonly owners: ReadonlyMap<string, KnownGroup>;
  /** Processes that only wait for a group's first one: see visitors.ts. */
  readonly waiting: ReadonlySet<number>;
  readonly networks: readonly NamedNetwork[];
  readonly memory: Memory;
  readonly accounts: Accounts;
  readonly commands: CommandLines;
  /** For what users keep on disk: each can make it long. Root's has to be read. */
  readonly budget: Budget;
  /** The host's mount namespace. */
  readonly mnt: number | undefined;
}

interface Known {
  readonly found: Facts;
  readonly uid: number | null;
  readonly stores: readonly Store[];
}

interface Minded {
  readonly minder: Minder;
  readonly folder: string;
  readonly uid: number;
}

/** More than a shim or conmon has; whoever writes more into its command line is cut off. */
const COMMAND_BYTES = 16 * 1024;
/** An id of a pod in the cgroup above the container's: with cgroupfs and with systemd. */
const POD_CGROUP = /\/([0-9a-f]{64}|[^/]*libpod_pod_[0-9a-f]{64}\.slice)\/libpod-/;

/** Engines that give each container a cgroup of its own, by which it is paused. Others leave theirs in that of who starts them. */
const WITH_CGROUP: ReadonlySet<string> = new Set(
  'docker podman containerd kubernetes lxc lxd incus nspawn machine runc container'.split(' '),
);

/** For one scan. */
export class Identifier {
  #machines: Map<number, Facts> | null = null;
  #runc: Map<number, RuncState> | null = null;
  #freezer: Freezer | null = null;
  /** Many have the same parent, the machine's first process most of all. */
  readonly #minders = new Map<number, Minded | null>();
  readonly #stores = new Map<string, Store>();
  readonly #unread = new Map<number, string>();

  constructor(private readonly sources: IdentitySources) {}

  /** Where the engines of those that were identified keep all their containers. */
  get stores(): Store[] {
    return [...this.#stores.values()];
  }

  /** Why of a container not all was read, by the pid of its first process. */
  get unread(): ReadonlyMap<number, string> {
    return this.#unread;
  }

  identify(group: KnownGroup): ContainerFacts {
    const { found, uid, stores } = this.#recall(group);
    for (const each of stores) this.#stores.set(each.path, each);
    const { engine, name, id, engineNamespace, image, labels, pod } = found;
    return {
      engine,
      name,
      id,
      engineNamespace,
      state: this.#isPaused(group, found) ? 'paused' : found.state,
      user: uid === null ? null : this.sources.accounts.name(uid),
      rootless: uid !== null && uid !== 0,
      image,
      labels,
      pod,
      composeProject: labels['com.docker.compose.project'] ?? null,
      composeService: labels['com.docker.compose.service'] ?? null,
    };
  }

  #recall(group: KnownGroup): Known {
    const { pid } = group.leader;
    try {
      return this.sources.memory.recall(pid, 'known by', () => this.#known(group));
    } catch (error) {
      if (!(error instanceof SpentError)) throw error;
      this.#unread.set(pid, 'ETIMEDOUT');
      return this.#known(group, { mayRead: false });
    }
  }

  #known(group: KnownGroup, { mayRead } = { mayRead: true }): Known {
    const minded = this.#parent(group.leader.stat.parentPid);
    const uid = minded?.uid ?? this.#creator(group);
    const read = (): Facts => this.#facts(group, minded);
    const known = (found: Facts): Known => ({
      found,
      uid,
      stores: minded ? storesOf(minded, found, this.sources.mnt) : [],
    });
    if (!minded || minded.uid === 0) return known(read());
    // Nobody owns a file that is believed.
    if (!mayRead) return known(this.#facts(group, { ...minded, uid: NaN }));
    return known(this.sources.budget.spend(read));
  }

  #facts(group: KnownGroup, minded: Minded | null): Facts {
    return (
      (minded && mindedFacts(group, minded)) ??
      this.#cgroupFacts(group) ??
      this.#machine(group) ??
      (group.service === null ? null : facts('service', group.service)) ??
      (minded && this.#sandboxFacts(group, minded)) ??
      this.#runcFacts(group) ??
      this.#network(group) ??
      facts('sandbox', this.#rootless(group) ?? this.#program(group))
    );
  }

  /** Asked anew each time. */
  #isPaused({ cgroupPaths }: KnownGroup, { engine }: Facts): boolean {
    if (!WITH_CGROUP.has(engine)) return false;
    this.#freezer ??= new Freezer();
    return this.#freezer.isFrozen(cgroupPaths);
  }

  /** A process, if it is an engine's and minds its children. */
  #parent(pid: number): Minded | null {
    const known = this.#minders.get(pid);
    if (known !== undefined) return known;
    // An engine gives its container a filesystem of its own, while this process is in all the same namespaces as its child.
    if (this.sources.waiting.has(pid)) return null;
    const folder = `${this.sources.root}/${pid}`;
    const minder = parseMinder(parseArguments(tryReadRecord(`${folder}/cmdline`, COMMAND_BYTES) ?? ''));
    const status = minder && tryReadRecord(`${folder}/status`);
    const minded = minder && status ? { minder, folder, uid: parseStatus(status).uid } : null;
    this.#minders.set(pid, minded);
    return minded;
  }

  #cgroupFacts(group: KnownGroup): Facts | null {
    const { owner } = group;
    return owner && ownerGroupOf(group, this.sources.owners) === group
      ? facts(owner.engine, owner.name, owner.id)
      : null;
  }

  #machine({ leader }: KnownGroup): Facts | null {
    this.#machines ??= readMachines();
    return this.#machines.get(leader.pid) ?? null;
  }

  #sandboxFacts(group: KnownGroup, { minder, uid }: Minded): Facts | null {
    switch (minder.kind) {
      case 'firejail': {
        const name = minder.name ?? firejailName(group.leader.stat.parentPid);
        return facts('firejail', name ?? this.#program(group));
      }
      case 'bwrap':
        return this.#flatpak(group, uid) ?? facts('bubblewrap', this.#program(group));
      case 'rootlesskit':
        return facts('sandbox', rootlessName(this.#programs(group)) ?? 'rootlesskit');
      default:
        return null;
    }
  }

  /** The proxy that lets an application ask only for what it may have is one of its own sandboxes, but not its instance. */
  #flatpak(group: KnownGroup, uid: number): Facts | null {
    if (this.#programOf(group.leader) === 'xdg-dbus-proxy') return null;
    const name = flatpakName(group.cgroupPaths);
    return (
      flatpakFacts(`${this.sources.root}/${group.leader.pid}`, uid) ?? (name === null ? null : facts('flatpak', name))
    );
  }

  /**
   * A container of runc's or crun's. Without its state file it is known by what only they make: a root of its own and a
   * cgroup of its own, which is called after the container.
   */
  #runcFacts(group: KnownGroup): Facts | null {
    const { memory, budget } = this.sources;
    this.#runc ??= memory.keep(
      'runc',
      () => folderMarks(runcFolders()),
      () => readRuncStates(budget),
    );
    const known = this.#runc.get(group.leader.pid);
    if (known && this.#isBelieved(known, group)) return facts('runc', known.id, known.id);
    const [path = '/'] = group.cgroupPaths;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const named = name !== '' && !/\.(scope|slice|service)$/.test(name) && group.own.includes('mnt');
    // What is made inside a container has the container's cgroup.
    if (group.owner || !named || !group.own.includes('pid') || group.hints().hostRoot) return null;
    const parentCgroup = tryReadRecord(`${this.sources.root}/${group.leader.stat.parentPid}/cgroup`) ?? '';
    return parentCgroup.includes(`:${path}\n`) ? null : facts('runc', name, name);
  }

  /** Anybody can write into a state of their own that any process is a container of theirs. */
  #isBelieved({ uid, startTime }: RuncState, group: KnownGroup): boolean {
    if (startTime !== null && startTime !== group.leader.stat.startTime) return false;
    return uid === 0 || uid === this.#creator(group);
  }

  #network(group: KnownGroup): Facts | null {
    const network = namedNetwork(group, this.sources.networks);
    return network ? facts('netns', network.name) : null;
  }

  /** Of a sandbox program's own first process there is nothing to tell: what it runs counts. */
  #program(group: KnownGroup): string {
    const first = this.#programOf(group.leader);
    if (first !== 'bwrap' && first !== 'firejail') return first;
    return this.#programs(group).find((name) => name !== first) ?? first;
  }

  #programs({ processes }: KnownGroup): string[] {
    return processes.map((process) => this.#programOf(process));
  }

  /** An engine's own first process is none of a pid namespace, as a container's is: a Podman's pod can run catatonit too. */
  #rootless({ leader, own }: KnownGroup): string | null {
    return own.includes('user') && !isInit(leader) ? rootlessName([this.#programOf(leader)]) : null;
  }

  #programOf({ pid, stat }: ContainedProcess): string {
    return programName(this.sources.commands.read(pid)[0] ?? '') || stat.command;
  }

  /** Who made the user namespace, as far as that may be asked; where it is the host's, whose process it is. */
  #creator({ leader, own }: KnownGroup): number | null {
    return own.includes('user') ? namespaceCreator(`${this.sources.root}/${leader.pid}/ns/user`) : leader.uid;
  }
}

/** Where an engine keeps all its containers, if its paths lead here where they lead it: one in a container has others. */
function storesOf({ minder, folder, uid }: Minded, { engine, store }: Facts, mnt: number | undefined): Store[] {
  const places: [Store['engine'], string | null][] =
    minder.kind === 'lxc'
      ? [[minder.engine, minder.containers]]
      : minder.kind === 'shim'
        ? [['containerd', databaseOf(`${folder}/cwd`)]]
        : [];
  if (engine === 'docker' || engine === 'podman') places.push([engine, store]);
  return places.flatMap(([by, path]) => {
    if (!path?.startsWith('/')) return [];
    // A user's own engine has mounts of its own, but the machine's files.
    const leadsHere = uid === 0 ? tryStat(`${folder}/ns/mnt`)?.inode === mnt : isSame(path, `${folder}/root${path}`);
    return leadsHere ? [{ engine: by, path, uid }] : [];
  });
}

function isSame(path: string, other: string): boolean {
  const [one, two] = [tryStat(path), tryStat(other)];
  return one !== null && one.inode === two?.inode && one.device === two.device;
}

function mindedFacts(group: KnownGroup, { minder, folder, uid }: Minded): Facts | null {
  const cgroupId = group.owner?.id ?? null;
  switch (minder.kind) {
    case 'shim':
      return shimFacts({ minder, folder, uid }, group.leader.pids, cgroupId);
    case 'conmon':
      return conmonFacts({ minder, folder, uid }, POD_CGROUP.test(group.cgroupPaths[0] ?? ''));
    case 'lxc':
      return lxcFacts({ minder, folder, uid });
    case 'nspawn':
      return facts('nspawn', minder.name, minder.name);
    default:
      return null;
  }
}
