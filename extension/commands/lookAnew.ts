// What was chosen and is not there as it was: said in words, and looked up anew by key or by name. Pure.
import { t } from '../l10n';
import { type Container, isRunning, type Snapshot } from '../model/container';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { heldChoice } from '../select/held';
import { type Chosen, containersIn } from '../select/selection';
import { findContainer } from '../tasks/findContainer';

/** The same types of the same containers. Throws a UserError that says what is not there any more. */
export function lookAnew(chosen: readonly Chosen[], snapshot: Snapshot): Chosen[] {
  return chosen.map(({ container, namespace: { type }, path }) => {
    const found = path === undefined ? inContainer(container, type, snapshot) : inFile(path, type, snapshot);
    if (found) return found;
    throw new UserError(t('{0} has no {1} namespace of its own any more.', plain(container.name, 80), type));
  });
}

type Type = Chosen['namespace']['type'];

function inContainer(before: Container, type: Type, snapshot: Snapshot): Chosen | undefined {
  const container = sameContainer(before, snapshot);
  const namespace = container.namespaces.find((each) => each.type === type && !each.host);
  return namespace && { container, namespace };
}

/** By its name only among those of the same engine and user: anybody may call a process of theirs like another's container. */
function sameContainer(before: Container, snapshot: Snapshot): Container {
  const alike = snapshot.containers.filter(
    (each) => each.engine === before.engine && ownerOf(each) === ownerOf(before),
  );
  const same = alike.find((each) => each.key === before.key && isRunning(each));
  return same ?? findContainer({ ...snapshot, containers: alike }, { container: before.name });
}

const ownerOf = ({ user, uid }: Container): string | number | null => user ?? uid;

function inFile(path: string, type: Type, snapshot: Snapshot): Chosen | undefined {
  const held = snapshot.namespaces.find((each) => each.type === type && each.heldBy.includes(path));
  const choice = held && heldChoice(held);
  return choice && !('obstacle' in choice) ? choice : undefined;
}

/** Of several, the exit code does not say which one it was. */
export function describeStale(chosen: readonly Chosen[]): string {
  const [name = '', ...others] = containersIn(chosen).map((container) => plain(container.name, 80));
  if (others.length > 0) {
    return t(
      'One of these has stopped or was restarted since the view was refreshed, so nothing was entered: {0}.',
      [name, ...others].join(', '),
    );
  }
  return chosen.every(({ path }) => path === undefined)
    ? t('{0} has stopped or was restarted since the view was refreshed, so nothing was entered.', name)
    : t('{0} is no longer held by that file, so nothing was entered.', name);
}
