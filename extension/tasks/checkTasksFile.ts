// What is wrong with the `namespace` tasks in a tasks.json or a .code-workspace file, each with its place: what the schema
// in package.json cannot say. Pure: text in, problems out.
// The package's other build, which its package.json names for Node, loads its parts in a way that no bundler can follow.
import { findNodeAtLocation, getNodeValue, type Node, parseTree } from 'jsonc-parser/lib/esm/main.js';
import { t } from '../l10n';
import { plain } from '../model/text';
import { isRoot, parseIdentity, type Preset } from '../plan/presets';
import { checkTogether, type DefinitionProblem } from './definition';

export interface FileProblem {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** A warning is of a task that can be run, and that is dangerous. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

type TaskPreset = Pick<Preset, 'name' | 'types' | 'as'>;

/** `presets` are those that there are. What is no JSON is passed over: VS Code itself marks it. */
export function checkTasksFile(text: string, presets: readonly TaskPreset[]): FileProblem[] {
  return tasksOf(text)
    .filter((task) => valueOf(task, 'type') === 'namespace')
    .flatMap((task) => checkTask(task, presets));
}

function tasksOf(text: string): readonly Node[] {
  try {
    const root = parseTree(text, [], { allowTrailingComma: true });
    // A .code-workspace file has below "tasks" what a tasks.json is.
    const list = root && (findNodeAtLocation(root, ['tasks', 'tasks']) ?? findNodeAtLocation(root, ['tasks']));
    return list?.type === 'array' ? (list.children ?? []) : [];
  } catch (error) {
    // The parser calls itself for each level, so thousands of brackets are too many: that is no tasks.json.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function checkTask(task: Node, presets: readonly TaskPreset[]): FileProblem[] {
  const name = valueOf(task, 'preset');
  const preset = presets.find((each) => each.name === name);
  const errors = [...checkTogether(getNodeValue(task)), ...checkPreset(name, preset)];
  return [
    ...errors.map((problem) => placed(task, problem, 'error')),
    ...checkRoot(task, preset).map((problem) => placed(task, problem, 'warning')),
  ];
}

function placed(task: Node, { key, message }: DefinitionProblem, severity: FileProblem['severity']): FileProblem {
  // Where something is missing, the type is what asks for it: the whole property is marked then.
  const place = (key === null ? undefined : memberOf(task, key)) ?? memberOf(task, 'type')?.parent;
  const { offset, length } = place ?? task;
  return { start: offset, end: offset + length, severity, message };
}

function checkPreset(name: unknown, preset: TaskPreset | undefined): DefinitionProblem[] {
  // A variable may become the name of one.
  if (typeof name !== 'string' || preset || name.includes('${')) return [];
  return [{ key: 'preset', message: t('there is no preset called "{0}"', plain(name, 80)) }];
}

/** Before a terminal, a person is asked. A task runs unasked, and whether there is a user namespace shows only then. */
function checkRoot(task: Node, preset: TaskPreset | undefined): DefinitionProblem[] {
  const written = valueOf(task, 'as');
  const as = typeof written === 'string' ? parseIdentity(written) : preset?.as;
  const types = preset?.types ?? valueOf(task, 'namespaces');
  const entersFiles = types === 'all' || (Array.isArray(types) && types.includes('mnt'));
  if (!as || !isRoot(as) || !entersFiles) return [];
  const message = t(
    "This runs as root of this machine in a container's files, unless the container's own user namespace is entered too: a hostile program in there could do anything to this machine",
  );
  return [{ key: written === undefined ? 'preset' : 'as', message }];
}

const memberOf = (node: Node, name: string): Node | undefined => findNodeAtLocation(node, [name]);

function valueOf(node: Node, name: string): unknown {
  const member = memberOf(node, name);
  return member && (getNodeValue(member) as unknown);
}
