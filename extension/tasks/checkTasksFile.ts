// What is wrong with the `namespace` tasks in a tasks.json or a .code-workspace file, each with its place: what the schema
// in package.json cannot say. Pure: text in, problems out.
// The package's other build, which its package.json names for Node, loads its parts in a way that no bundler can follow.
import { findNodeAtLocation, getNodeValue, type Node, parseTree } from 'jsonc-parser/lib/esm/main.js';
import { t } from '../l10n';
import { plain } from '../model/text';
import { checkTogether, type DefinitionProblem } from './definition';

export interface FileProblem {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** `presets` are the names of those that there are. What is no JSON is passed over: VS Code itself marks it. */
export function checkTasksFile(text: string, presets: readonly string[]): FileProblem[] {
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

function checkTask(task: Node, presets: readonly string[]): FileProblem[] {
  const problems = [...checkTogether(getNodeValue(task)), ...checkPreset(valueOf(task, 'preset'), presets)];
  return problems.map(({ key, message }) => {
    // Where something is missing, the type is what asks for it: the whole property is marked then.
    const place = (key === null ? undefined : findNodeAtLocation(task, [key])) ?? memberOf(task, 'type')?.parent;
    const { offset, length } = place ?? task;
    return { start: offset, end: offset + length, message };
  });
}

function checkPreset(name: unknown, presets: readonly string[]): DefinitionProblem[] {
  // A variable may become the name of one.
  if (typeof name !== 'string' || presets.includes(name) || name.includes('${')) return [];
  return [{ key: 'preset', message: t('there is no preset called "{0}"', plain(name, 80)) }];
}

const memberOf = (node: Node, name: string): Node | undefined => findNodeAtLocation(node, [name]);

function valueOf(node: Node, name: string): unknown {
  const member = memberOf(node, name);
  return member && (getNodeValue(member) as unknown);
}
