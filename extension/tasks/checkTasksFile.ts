// What is wrong with the `namespace` tasks in a tasks.json or a .code-workspace file, each with its place: what the schema
// in package.json cannot say. Pure: text in, problems out.
import { t } from '../l10n';
import { plain } from '../model/text';
import { checkTogether, type DefinitionProblem } from './definition';
import { type JsonNode, parseJsonc } from './jsonc';

export interface FileProblem {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** `presets` are the names of those that there are. */
export function checkTasksFile(text: string, presets: readonly string[]): FileProblem[] {
  const root = parseJsonc(text);
  if (!root) return [];
  // A .code-workspace file has below "tasks" what a tasks.json is.
  const tasks = memberOf(root, 'tasks');
  const list = tasks && memberOf(tasks, 'tasks') ? memberOf(tasks, 'tasks') : tasks;
  return (list?.items ?? [])
    .filter((task) => memberOf(task, 'type')?.value === 'namespace')
    .flatMap((task) => checkTask(task, presets));
}

function checkTask(task: JsonNode, presets: readonly string[]): FileProblem[] {
  return [...checkTogether(task.value), ...checkPreset(memberOf(task, 'preset')?.value, presets)].map(
    ({ key, message }) => {
      const member = key === null ? undefined : task.members.get(key);
      if (member) return { start: member.node.start, end: member.node.end, message };
      const type = task.members.get('type');
      return { start: type?.keyStart ?? task.start, end: type?.node.end ?? task.end, message };
    },
  );
}

function checkPreset(name: unknown, presets: readonly string[]): DefinitionProblem[] {
  // A variable may become the name of one.
  if (typeof name !== 'string' || presets.includes(name) || name.includes('${')) return [];
  return [{ key: 'preset', message: t('there is no preset called "{0}"', plain(name, 80)) }];
}

const memberOf = (node: JsonNode, name: string): JsonNode | undefined => node.members.get(name)?.node;
