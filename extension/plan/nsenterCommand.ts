// The nsenter(1) command line that does what a plan does, for scripts and for machines without this extension. It checks
// neither start time nor inode: it means whatever process has the pid when it is run. Pure.
import { namespaceType } from '../../helper/namespaceTypes';
import type { EnterPlan } from './enterPlan';

/** Ids as seen from here. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

export interface Person extends Ids {
  readonly shell: string;
  readonly sudo: string;
}

/** `target` is who the container's own process is, for a plan that runs as that one. */
export function nsenterCommand(plan: EnterPlan, me: Person, target: Ids): string[] {
  const types = [...plan.joins.flatMap((join) => join.types), ...plan.files].map(({ type }) => type);
  const inside = types.includes('mnt');
  return [
    ...(plan.needsRoot ? [me.sudo, '--'] : []),
    'nsenter',
    ...joinOptions(plan),
    ...identityOptions(plan, types.includes('user'), target),
    '--',
    // Without the container's files the person's own ids and groups are known, and taken on last.
    ...(plan.as === 'me' && plan.needsRoot ? setpriv(me) : []),
    ...(plan.command.length > 0 ? plan.command : [inside ? '/bin/sh' : me.shell]),
  ];
}

function joinOptions({ joins, files }: EnterPlan): string[] {
  const [only, another] = joins;
  const single = only && !another ? [`--target=${only.pid}`] : [];
  return [
    ...single,
    ...joins.flatMap(({ pid, types }) =>
      types.flatMap(({ type }) => {
        const own =
          single.length > 0 ? [namespaceType(type).option] : [`${namespaceType(type).option}=/proc/${pid}/ns/${type}`];
        // The files of a container begin at its process's root, which need not be the namespace's.
        return type === 'mnt' ? [...own, `--root=/proc/${pid}/root`, `--wd=/proc/${pid}/cwd`] : own;
      }),
    ),
    ...files.map(({ type, path }) => `${namespaceType(type).option}=${path}`),
  ];
}

/** nsenter(1) becomes root of a user namespace that it joins, unless it is told otherwise. */
function identityOptions({ as }: EnterPlan, joinsUser: boolean, target: Ids): string[] {
  if (as === 'me') return joinsUser ? ['--preserve-credentials'] : [];
  if (as === 'root' || joinsUser) return [];
  if (as === 'target') return [`--setuid=${target.uid}`, `--setgid=${target.gid}`];
  const [uid = '', gid] = as.other.split(':');
  return [`--setuid=${uid}`, ...(gid === undefined ? [] : [`--setgid=${gid}`])];
}

function setpriv({ uid, gid }: Ids): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all', '--'];
}
