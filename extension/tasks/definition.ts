// A task's definition as written in tasks.json: checked, and turned into a plan for the container that bears the name now.
// Pure: no vscode, no I/O.
import * as v from 'valibot';
import { isNamespaceName, type NamespaceName } from '../../helper/namespaceTypes';
import type { Container, Snapshot } from '../model/container';
import { UserError } from '../model/userError';
import { plain } from '../model/text';
import { type EnterPlan, planEntry } from '../plan/enterPlan';
import { only } from '../select/selection';

const Definition = v.object({
  type: v.literal('namespace'),
  container: v.pipe(v.string('"container" has to be a name'), v.nonEmpty('"container" is empty')),
  namespaces: v.optional(
    v.pipe(
      v.array(
        v.custom<NamespaceName>(
          (name) => typeof name === 'string' && isNamespaceName(name),
          'an element of "namespaces" is no namespace type',
        ),
      ),
      v.nonEmpty('"namespaces" is empty'),
    ),
    ['net'],
  ),
  command: v.pipe(v.string('"command" has to be a text'), v.nonEmpty('"command" is empty')),
  args: v.optional(v.array(v.string('an element of "args" is no text')), []),
  cwd: v.optional(v.string()),
  as: v.optional(v.picklist(['me', 'target', 'root'], '"as" has to be "me", "target" or "root"')),
});
export type NamespaceTaskDefinition = v.InferOutput<typeof Definition>;

/** Throws a UserError that says what is wrong with the definition. */
export function parseDefinition(definition: unknown): NamespaceTaskDefinition {
  const parsed = v.safeParse(Definition, definition);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue);
  const named = where === null || issue.message.includes(`"${where.split('.')[0] ?? ''}"`);
  throw new UserError(`task of type "namespace": ${named ? '' : `"${where}": `}${plain(issue.message, 200)}`);
}

/** Containers are meant by name, by compose service, or by the first 12 characters of their id or more. */
export function findContainer(snapshot: Snapshot, name: string): Container {
  const ways: ((container: Container) => boolean)[] = [
    (container) => container.name === name,
    (container) => container.composeService === name,
    (container) => name.length >= 12 && (container.id?.startsWith(name) ?? false),
  ];
  for (const matches of ways) {
    const [found, another] = snapshot.containers.filter(matches);
    if (found && another)
      throw new UserError(`more than one container is called "${name}"; give the id of the one that is meant`);
    if (found) return found;
  }
  const running = snapshot.containers.slice(0, 20).map((container) => plain(container.name, 40));
  throw new UserError(
    `container "${name}" is not running; ${running.length > 0 ? `running are: ${running.join(', ')}` : 'none is'}`,
  );
}

/** The plan for a definition, with the container as it is now, for a user of id `uid`. */
export function planTask(definition: NamespaceTaskDefinition, snapshot: Snapshot, uid: number): EnterPlan {
  const container = findContainer(snapshot, definition.container);
  const chosen = only(container, definition.namespaces);
  const hosts = definition.namespaces.filter((type) => !chosen.some(({ namespace }) => namespace.type === type));
  if (chosen.length === 0) {
    throw new UserError(
      `container "${definition.container}" has no ${hosts.join(', ')} namespace of its own: a plain task runs in the same one`,
    );
  }
  return planEntry(chosen, uid, [definition.command, ...definition.args], definition.as ?? 'me');
}
