// What is to be entered and how, and the helper's command line for it. Pure: data in, data out.
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import type { Chosen } from '../select/selection';

export interface EnterPlan {
  /** For a terminal's tab: `web:net`. */
  readonly title: string;
  readonly joins: readonly PlannedJoin[];
  readonly as: 'me' | 'root';
  /** Whether the command gets the environment of the terminal or task that it runs in; else a small clean one. */
  readonly keepEnvironment: boolean;
  /** Whether it starts in the directory of the terminal or task; else where the helper puts it. */
  readonly keepDirectory: boolean;
  /** Empty: a shell. */
  readonly command: readonly string[];
}

interface PlannedJoin {
  readonly pid: number;
  /** Null where it is not known; the helper then has only the inodes to go by. */
  readonly startTime: number | null;
  readonly types: readonly { readonly type: NamespaceName; readonly inode: number | null }[];
}

/**
 * Plans entering `chosen` (not empty, one of each type). Where the container's filesystem is among them, its root enters
 * with a clean environment; else it is the user with everything that is theirs.
 */
export function planEntry(chosen: readonly Chosen[], command: readonly string[] = [], as?: 'me' | 'root'): EnterPlan {
  const inside = chosen.some(({ namespace }) => namespace.type === 'mnt');
  return {
    title: titleOf(chosen),
    joins: joinsOf(chosen),
    as: as ?? (inside ? 'root' : 'me'),
    keepEnvironment: !inside,
    keepDirectory: !inside,
    command,
  };
}

function joinsOf(chosen: readonly Chosen[]): PlannedJoin[] {
  const containers = [...new Map(chosen.map(({ container }) => [container.key, container])).values()];
  return containers.map((container) => ({
    pid: container.pid,
    startTime: container.startTime,
    types: chosen
      .filter((choice) => choice.container.key === container.key)
      .map(({ namespace }) => ({ type: namespace.type, inode: namespace.inode })),
  }));
}

/** `web:net`, `web` for all of a container, `web:net+pid api:mnt` for a mixture. */
function titleOf(chosen: readonly Chosen[]): string {
  const byContainer = new Map<Container, NamespaceName[]>();
  for (const { container, namespace } of chosen) {
    byContainer.set(container, [...(byContainer.get(container) ?? []), namespace.type]);
  }
  return [...byContainer]
    .map(([container, types]) => {
      const whole =
        types.length === container.namespaces.filter((namespace) => !namespace.host).length && types.includes('mnt');
      return whole ? plain(container.name, 40) : `${plain(container.name, 40)}:${types.join('+')}`;
    })
    .join(' ');
}

export interface Surroundings {
  /** Directory of the terminal or task. */
  readonly directory: string;
  /** File that holds its environment; null where the plan does not keep it. */
  readonly envFile: string | null;
}

/** The arguments of `ns-helper` for a plan: what a person reads in ps(1) and in sudo's log. */
export function helperArguments(plan: EnterPlan, { directory, envFile }: Surroundings): string[] {
  const joins = plan.joins.flatMap(({ pid, startTime, types }) => [
    '--target',
    startTime === null ? String(pid) : `${pid}@${startTime}`,
    '--join',
    types.map(({ type, inode }) => (inode === null ? type : `${type}=${inode}`)).join(','),
  ]);
  return [
    'enter',
    ...joins,
    '--as',
    plan.as,
    ...(plan.keepDirectory ? ['--cwd', directory] : []),
    ...(envFile === null ? [] : ['--env-file', envFile, '--remove-env-file']),
    ...(plan.command.length === 0 ? [] : ['--', ...plan.command]),
  ];
}
