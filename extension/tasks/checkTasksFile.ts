// What is wrong with the `namespace` tasks in a tasks.json or a .code-workspace file, each with its place: what the schema
// in package.json cannot say. Pure: text in, problems out.
import { checkDefinition } from './definition';
import { type JsonNode, parseJsonc } from './jsonc';

export interface FileProblem {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

export function checkTasksFile(text: string): FileProblem[] {
  const root = parseJsonc(text);
  if (!root) return [];
  // A .code-workspace file has below "tasks" what a tasks.json is.
  const tasks = memberOf(root, 'tasks');
  const list = tasks && memberOf(tasks, 'tasks') ? memberOf(tasks, 'tasks') : tasks;
  return (list?.items ?? []).filter((task) => memberOf(task, 'type')?.value === 'namespace').flatMap(checkTask);
}

function checkTask(task: JsonNode): FileProblem[] {
  return checkDefinition(task.value).map(({ key, message }) => {
    const member = key === null ? undefined : task.members.get(key);
    if (member) return { start: member.node.start, end: member.node.end, message };
    const type = task.members.get('type');
    return { start: type?.keyStart ?? task.start, end: type?.node.end ?? task.end, message };
  });
}

const memberOf = (node: JsonNode, name: string): JsonNode | undefined => node.members.get(name)?.node;
