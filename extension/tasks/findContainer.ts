// Which running container a task means. One that is not there can be waited for; one that is not told apart is refused.
// Pure: no vscode, no I/O.
import { t } from '../l10n';
import { type Container, isRunning, type Snapshot } from '../model/container';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import type { NamespaceTaskDefinition } from './definition';

export type ContainerChoice = Pick<
  NamespaceTaskDefinition,
  'container' | 'composeService' | 'composeProject' | 'pod' | 'containerLabel'
>;

/** Nothing that is running is what was meant; it may start later. */
export class NotRunning extends UserError {}

type Test = (container: Container) => boolean;

/** `isSame` tells containers that need not be told apart, such as those of a pod when only its network is entered. */
export function findContainer(
  snapshot: Snapshot,
  choice: ContainerChoice,
  isSame: (one: Container, other: Container) => boolean = () => false,
): Container {
  for (const matches of waysOf(choice)) {
    const [found, ...others] = snapshot.containers.filter((container) => isRunning(container) && matches(container));
    const another = others.find((other) => found && !isSame(found, other));
    if (found && another) {
      throw new UserError(
        t(
          '{0} matches more than one container: {1} and {2}; give the ID of one as "container"',
          describeChoice(choice),
          describeContainer(found),
          describeContainer(another),
        ),
      );
    }
    if (found) return found;
  }
  const stopped = waysOf(choice).flatMap((matches) => snapshot.containers.filter(matches))[0];
  if (stopped) throw new NotRunning(t('{0} is not running: {1}', describeChoice(choice), plain(stopped.state, 40)));
  const running = snapshot.containers
    .filter(isRunning)
    .slice(0, 20)
    .map((container) => plain(container.name, 40));
  throw new NotRunning(
    running.length > 0
      ? t('{0} is not running; running containers: {1}', describeChoice(choice), running.join(', '))
      : t('{0} is not running; no containers are', describeChoice(choice)),
  );
}

/** VS Code runs a command, or worse, for what looks like one of its variables. */
const isPlain = (text: string): boolean => !text.includes('${');

/** Whether findContainer() finds just this container by its name, and a task's definition can hold that. */
export function isFoundByName(snapshot: Snapshot, { name, key }: Container): boolean {
  if (!isPlain(name)) return false;
  try {
    return findContainer(snapshot, { container: name }).key === key;
  } catch {
    return false; // Another one has the same name.
  }
}

/**
 * A text by which findContainer() finds just this container, for a task's definition: its name where that is enough. Throws a
 * UserError where nothing that it is called by is fit for a definition.
 */
export function referenceTo(snapshot: Snapshot, container: Container): string {
  if (isFoundByName(snapshot, container)) return container.name;
  // Where an engine knows a container by its name alone, its key has that too.
  if (isPlain(container.key)) return container.key;
  const found = describeContainer(container);
  throw new UserError(
    t("the name of {0} looks like a variable of VS Code's, so no task can refer to it; rename the container", found),
  );
}

/** For messages: `container "web"`. */
export function describeChoice({
  container,
  composeService,
  composeProject,
  pod,
  containerLabel,
}: ContainerChoice): string {
  if (composeService !== undefined) {
    const service = plain(composeService, 80);
    if (composeProject === undefined) return t('compose service "{0}"', service);
    return t('compose service "{0}" of project "{1}"', service, plain(composeProject, 80));
  }
  if (pod !== undefined) return t('pod "{0}"', plain(pod, 80));
  if (containerLabel !== undefined) return t('a container with the label "{0}"', plain(containerLabel, 80));
  return t('container "{0}"', plain(container ?? '', 80));
}

/** Ways in which the choice may be meant, the likeliest first: a name counts for more than a service called the same. */
function waysOf({ container: name, composeService, composeProject, pod, containerLabel }: ContainerChoice): Test[] {
  if (composeService !== undefined) {
    return [
      (container) =>
        container.composeService === composeService &&
        (composeProject === undefined || container.composeProject === composeProject),
    ];
  }
  if (pod !== undefined) return [(container) => container.pod === pod];
  if (containerLabel !== undefined) return [(container) => hasLabel(container, containerLabel)];
  if (name === undefined) return [];
  return [
    (container) => container.name === name,
    (container) => container.composeService === name,
    (container) => name.length >= 12 && (container.id?.startsWith(name) ?? false),
    (container) => container.key === name,
  ];
}

/** `key`, or `key=value`. */
function hasLabel({ details }: Container, label: string): boolean {
  const { labels } = details;
  if (Object.hasOwn(labels, label)) return true;
  const equals = label.indexOf('=');
  const key = label.slice(0, equals);
  return equals > 0 && Object.hasOwn(labels, key) && labels[key] === label.slice(equals + 1);
}

function describeContainer({ name, engine, id, pid }: Container): string {
  const which = id === null ? t('pid {0}', pid) : plain(id, 13);
  return `${plain(name, 40)} (${plain(engine, 20)}, ${which})`;
}
