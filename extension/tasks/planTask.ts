// A checked definition becomes a plan, with the container as it is now. Pure: no vscode, no I/O.
import { isAbsolute } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container, Snapshot } from '../model/container';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { type EnterPlan, type Identity, planEntry } from '../plan/enterPlan';
import { parseIdentity } from '../plan/presets';
import { allOf, only } from '../select/selection';
import { DISPLAY_ORDER } from '../shared/typeTexts';
import type { NamespaceTaskDefinition } from './definition';
import { describeChoice, findContainer } from './findContainer';

/** What a preset says, as far as tasks need it. */
export interface TaskPreset {
  readonly types: readonly NamespaceName[] | 'all';
  readonly as?: Identity | undefined;
}

export interface TaskContext {
  /** The user's own id. */
  readonly uid: number;
  /** The user's shell, for `shellCommand`. */
  readonly shell: string;
  readonly preset: (name: string) => TaskPreset | undefined;
}

export interface TaskPlan {
  readonly plan: EnterPlan;
  /** Where it starts as the target's filesystem has it; null: where the task's own process starts. */
  readonly directory: string | null;
}

export function planTask(definition: NamespaceTaskDefinition, snapshot: Snapshot, context: TaskContext): TaskPlan {
  const { types, as } = whatToEnter(definition, context);
  const container = findContainer(snapshot, definition, (one, other) => isSame(definition, types, one, other));
  const chosen = types === 'all' ? allOf(container) : only(container, types);
  if (chosen.length === 0) {
    throw new UserError(
      t(
        '{0} has no namespace of its own of these types: {1}. An ordinary task already runs in the same ones.',
        describeChoice(definition),
        (types === 'all' ? DISPLAY_ORDER : types).join(', '),
      ),
    );
  }
  const inside = chosen.some(({ namespace }) => namespace.type === 'mnt');
  const command = commandOf(definition, inside, context.shell);
  const plan = planEntry(chosen, context.uid, command, as ?? 'me');
  if (!inside || definition.cwd === undefined) return { plan, directory: null };
  if (!isAbsolute(definition.cwd))
    throw new UserError(t('"cwd" must be an absolute path in the files of {0}', describeChoice(definition)));
  return { plan: { ...plan, keepDirectory: true }, directory: definition.cwd };
}

/** Whether the task runs among the container's own files, so that paths are the container's. */
export function entersFiles(definition: NamespaceTaskDefinition, context: Pick<TaskContext, 'preset'>): boolean {
  const { types } = whatToEnter(definition, context);
  return types === 'all' || types.includes('mnt');
}

function whatToEnter(definition: NamespaceTaskDefinition, { preset }: Pick<TaskContext, 'preset'>): TaskPreset {
  const { namespaces = ['net'], preset: name, as } = definition;
  const identity = as === undefined ? undefined : (parseIdentity(as) ?? undefined);
  if (name === undefined) return { types: namespaces, as: identity };
  const found = preset(name);
  if (!found) throw new UserError(t('there is no preset called "{0}"', plain(name, 80)));
  return { types: found.types, as: identity ?? found.as };
}

function commandOf(definition: NamespaceTaskDefinition, inside: boolean, shell: string): string[] {
  const { command, args, shellCommand, env = {} } = definition;
  const line = shellCommand === undefined ? [command ?? '', ...args] : [inside ? '/bin/sh' : shell, '-c', shellCommand];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // Out here VS Code has put them into the task's environment, which is kept. Inside, it is the container's environment,
  // and the container's env(1) adds to it. It would take a program's name with = in it for one more variable.
  if (!inside || variables.length === 0) return line;
  if (line[0]?.includes('=')) throw new UserError(t('"command" cannot contain = when "env" is used'));
  return ['env', ...variables, ...line];
}

/** What the containers of a pod share by its nature: Kubernetes' documentation of pods. */
const OF_A_POD: readonly NamespaceName[] = ['ipc', 'net', 'uts'];

/** Whether it makes no difference which of two containers is entered. */
function isSame(
  { pod, as }: NamespaceTaskDefinition,
  types: TaskPreset['types'],
  one: Container,
  other: Container,
): boolean {
  if (types === 'all' || types.includes('mnt') || as === 'target') return false;
  return types.every((type) => {
    const [first, second] = [one, other].map((container) => inodeOf(container, type));
    if (first !== null && second !== null) return first === second;
    return pod !== undefined && OF_A_POD.includes(type);
  });
}

function inodeOf({ namespaces }: Container, type: NamespaceName): number | null {
  return namespaces.find((entry) => entry.type === type)?.inode ?? null;
}
