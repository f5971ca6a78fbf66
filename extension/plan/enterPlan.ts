// What is to be entered and how, and the helper's command line for it. Pure: data in, data out.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { type Chosen, containersIn } from '../select/selection';
import { inDisplayOrder } from '../shared/typeTexts';

/** Who runs the command: the user, who the container's own process is, root, or `other`: `UID`, `UID:GID`, a name inside. */
export type Identity = 'me' | 'target' | 'root' | { readonly other: string };

export interface EnterPlan {
  /** For a terminal's tab: `web:net`. */
  readonly title: string;
  readonly joins: readonly PlannedJoin[];
  /** Namespaces to join by the files that keep them. */
  readonly files: readonly { readonly type: NamespaceName; readonly inode: number | null; readonly path: string }[];
  /** Types to make new namespaces of. */
  readonly make: readonly NamespaceName[];
  readonly as: Identity;
  /** Whether it takes root: not where all of it is the user's own, such as a rootless container. */
  readonly needsRoot: boolean;
  /**
   * Whether a process's filesystem other than the host's is joined: nothing in there may write to the program that enters it. Not
   * for a file that keeps one: it is not there in the copy of the mounts that such a program is started from.
   */
  readonly joinsMnt: boolean;
  /** Whether the command gets the environment of the terminal or task that it runs in; else a small clean one. */
  readonly keepEnvironment: boolean;
  /** Whether it starts in the directory of the terminal or task; else where the helper puts it. */
  readonly keepDirectory: boolean;
  /** Empty: a shell. */
  readonly command: readonly string[];
}

export interface PlannedJoin {
  readonly pid: number;
  readonly startTime: number;
  readonly types: readonly { readonly type: NamespaceName; readonly inode: number | null }[];
}

/**
 * Plans entering `chosen` (not empty, one of each type) for a user of id `uid`. Where the container's filesystem is among
 * them, one enters as its own process is, with that one's environment; else it is the user with everything of theirs.
 * Throws a UserError where a container's process was not seen on this machine: there is nothing to hold the helper to.
 */
export function planEntry(
  chosen: readonly Chosen[],
  uid: number,
  command: readonly string[] = [],
  as?: Identity,
): EnterPlan {
  const files = chosen.find(({ namespace }) => namespace.type === 'mnt');
  const inside = files !== undefined;
  const rights = uid === 0 ? null : ownUserNamespace(chosen);
  const userIsChosen = chosen.some(({ namespace }) => namespace.type === 'user');
  return {
    title: titleOf(chosen),
    joins: joinsOf(rights && !userIsChosen ? [rights, ...chosen] : chosen),
    files: chosen.flatMap(({ namespace: { type, inode }, path }) =>
      path === undefined ? [] : [{ type, inode, path }],
    ),
    make: [],
    // A file that keeps a namespace says of nobody who is in there.
    as: as ?? (inside && files.path === undefined ? 'target' : 'me'),
    needsRoot: uid !== 0 && rights === null,
    joinsMnt: inside && !files.namespace.host && files.path === undefined,
    keepEnvironment: !inside,
    keepDirectory: !inside,
    command,
  };
}

/**
 * Plans new namespaces of `types` (not empty). Anybody may make a user namespace, and its root may make all others
 * (user_namespaces(7)): with `user` it takes no root, and one is root in there.
 */
export function planNew(types: readonly NamespaceName[], uid: number): EnterPlan {
  const user = types.includes('user');
  return {
    title: t('new {0}', inDisplayOrder(types, (type) => type).join('+')),
    joins: [],
    files: [],
    make: types,
    as: user ? 'root' : 'me',
    needsRoot: uid !== 0 && !user,
    joinsMnt: false,
    keepEnvironment: true,
    keepDirectory: true,
    command: [],
  };
}

/**
 * The user namespace that gives the right to join `chosen` without root: that of a container that is the user's own, which
 * shows in that its links may be read (ptrace(2), user_namespaces(7)). Null where there is none, or more than one container.
 */
function ownUserNamespace(chosen: readonly Chosen[]): Chosen | null {
  const [container, another] = containersIn(chosen);
  const user = container?.namespaces.find((namespace) => namespace.type === 'user');
  if (!container || another || !user || user.host || user.inode === null) return null;
  if (chosen.some(({ path }) => path !== undefined)) return null;
  return { container, namespace: user };
}

function joinsOf(all: readonly Chosen[]): PlannedJoin[] {
  const chosen = all.filter(({ path }) => path === undefined);
  return containersIn(chosen).map((container) => ({
    pid: container.pid,
    startTime: startTimeOf(container),
    types: chosen
      .filter((choice) => choice.container.key === container.key)
      .map(({ namespace }) => ({ type: namespace.type, inode: namespace.inode })),
  }));
}

function startTimeOf({ name, startTime }: Container): number {
  if (startTime !== null) return startTime;
  throw new UserError(
    t('no process of {0} is visible on this machine, so it cannot be entered from here', plain(name, 80)),
  );
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
      const name = plain(container.name, 40);
      return whole ? name : `${name}:${inDisplayOrder(types, (type) => type).join('+')}`;
    })
    .join(' ');
}

export interface Surroundings {
  /** Directory of the terminal or task; null: where the helper is started. */
  readonly directory: string | null;
  /** File that holds its environment; null where the plan does not keep it. */
  readonly envFile: string | null;
}

/** The arguments of `ns-helper` for a plan: what a person reads in ps(1) and in sudo's log. */
export function helperArguments(plan: EnterPlan, { directory, envFile }: Surroundings): string[] {
  const joins = plan.joins.flatMap(({ pid, startTime, types }) => [
    '--target',
    `${pid}@${startTime}`,
    '--join',
    types.map(({ type, inode }) => (inode === null ? type : `${type}=${inode}`)).join(','),
  ]);
  return [
    'enter',
    ...joins,
    ...plan.files.flatMap(({ type, inode, path }) => ['--file', `${type}=${inode === null ? '' : `${inode}:`}${path}`]),
    ...(plan.make.length === 0 ? [] : ['--new', plan.make.join(',')]),
    '--as',
    typeof plan.as === 'object' ? plan.as.other : plan.as,
    ...(plan.keepDirectory && directory !== null ? ['--cwd', directory] : []),
    ...(envFile === null ? [] : ['--environment-file', envFile, '--remove-environment-file']),
    ...(plan.command.length === 0 ? [] : ['--', ...plan.command]),
  ];
}
