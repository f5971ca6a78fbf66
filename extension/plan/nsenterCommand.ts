// The nsenter(1) command line that enters what a plan enters, as the same user with the same groups, for scripts and for
// machines without this extension. It checks neither start time nor inode: it means whatever process has the pid when it is
// run. Nor does it fit DNS, /sys or environment, or confine root as the container's process is confined. Pure.
import { namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import type { IdMaps, Ids } from '../inspect/processIds';
import type { EnterPlan } from './enterPlan';

export interface Person {
  readonly uid: number;
  readonly shell: string;
  readonly sudo: string;
}

/**
 * `become` is whose ids the command has; null: those that nsenter is started with, and without root's rights they are the
 * person's own. `maps` are those of the joined user namespace, which only who enters without root has to be told.
 */
export function nsenterCommand(plan: EnterPlan, me: Person, become: Ids | null, maps: IdMaps | null): string[] {
  const types = [...plan.joins.flatMap((join) => join.types), ...plan.files].map(({ type }) => type);
  const command = plan.command.length > 0 ? plan.command : [types.includes('mnt') ? '/bin/sh' : me.shell];
  return [
    ...(plan.needsRoot ? [me.sudo, '--'] : []),
    ...(plan.needsRoot || me.uid === 0 ? asRoot(plan, types.includes('user'), become) : asUser(plan, become, maps)),
    '--',
    ...command,
  ];
}

/** nsenter becomes root of a user namespace that it joins, and leaves all groups, unless it is told otherwise. */
const PRESERVE = '--preserve-credentials';

/** The groups are taken on before nsenter, which can only drop them; the user id last of all, since it takes the rights away. */
function asRoot(plan: EnterPlan, joinsUser: boolean, become: Ids | null): string[] {
  const nsenter = ['nsenter', ...joinOptions(plan), ...(joinsUser ? [PRESERVE] : [])];
  if (!become) return nsenter;
  if (joinsUser) return [...setpriv([`--reuid=${become.uid}`, ...groupOptions(become), ...ABLE_TO_JOIN]), ...nsenter];
  return [...setpriv([...groupOptions(become), '--inh-caps=-all']), ...nsenter, `--setuid=${become.uid}`];
}

/** What is left of root's rights for nsenter alone: the kernel takes it away with the user namespace that is joined. */
const ABLE_TO_JOIN = ['inh', 'ambient'].map((set) => `--${set}-caps=+sys_admin,+sys_chroot,+sys_ptrace`);

/** The user namespace that is joined gives the rights, and counts the ids in its own way. */
function asUser(plan: EnterPlan, become: Ids | null, maps: IdMaps | null): string[] {
  const inside = become && maps && insideIds(become, maps);
  if (!inside) return ['nsenter', ...joinOptions(plan), PRESERVE];
  const setuid = `--setuid=${inside.uid}`;
  if (!maps.setgroups || inside.groups.length === 0)
    return ['nsenter', ...joinOptions(plan), PRESERVE, setuid, `--setgid=${inside.gid}`];
  // Only root of the user namespace can take on groups, so that it is joined first, and all else by that root.
  const first = joinOptions(plan, (type) => type === 'user');
  const others = joinOptions(plan, (type) => type !== 'user');
  return ['nsenter', ...first, PRESERVE, '--', ...setpriv(groupOptions(inside)), 'nsenter', ...others, setuid];
}

function joinOptions({ joins, files }: EnterPlan, which: (type: NamespaceName) => boolean = () => true): string[] {
  const [only, another] = joins;
  const single = only && !another ? [`--target=${only.pid}`] : [];
  return [
    ...single,
    ...joins.flatMap(({ pid, types }) =>
      types.flatMap(({ type }) => {
        if (!which(type)) return [];
        const own =
          single.length > 0 ? [namespaceType(type).option] : [`${namespaceType(type).option}=/proc/${pid}/ns/${type}`];
        // The files of a container begin at its process's root, which need not be the namespace's.
        return type === 'mnt' ? [...own, `--root=/proc/${pid}/root`, `--wd=/proc/${pid}/cwd`] : own;
      }),
    ),
    ...files.filter(({ type }) => which(type)).map(({ type, path }) => `${namespaceType(type).option}=${path}`),
  ];
}

const setpriv = (options: readonly string[]): string[] => ['setpriv', ...options, '--'];

const groupOptions = ({ gid, groups }: Ids): string[] => [
  `--regid=${gid}`,
  groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
];

/** Null for whom the user namespace has no id. */
function insideIds({ uid, gid, groups }: Ids, maps: IdMaps): Ids | null {
  const [inUid, inGid] = [insideId(maps.uid, uid), insideId(maps.gid, gid)];
  if (inUid === null || inGid === null) return null;
  return { uid: inUid, gid: inGid, groups: groups.map((id) => insideId(maps.gid, id)).filter((id) => id !== null) };
}

function insideId(map: string, outside: number): number | null {
  for (const line of map.trim().split('\n')) {
    const [first = NaN, from = NaN, count = NaN] = line.trim().split(/\s+/).map(Number);
    if (outside >= from && outside < from + count) return first + (outside - from);
  }
  return null;
}
