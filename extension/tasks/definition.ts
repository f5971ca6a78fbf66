// What may be written in a task of the type `namespace`, checked. The schema in package.json says the same as far as it
// can: for completion, and so that most of it is marked while one writes. Pure: no vscode, no I/O.
import * as v from 'valibot';
import { isNamespaceName, type NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { parseIdentity } from '../plan/presets';

/** The ways to say which container: exactly one of them. */
const CONTAINER_KEYS = ['container', 'composeService', 'pod', 'containerLabel'] as const;

const text = v.pipe(v.string('text'), v.nonEmpty('empty'));
const Definition = v.object({
  type: v.literal('namespace', 'type'),
  container: v.optional(text),
  composeService: v.optional(text),
  composeProject: v.optional(text),
  pod: v.optional(text),
  containerLabel: v.optional(text),
  namespaces: v.optional(
    v.pipe(
      v.array(
        v.custom<NamespaceName>((name) => typeof name === 'string' && isNamespaceName(name), 'namespace'),
        'texts',
      ),
      v.nonEmpty('empty'),
    ),
  ),
  preset: v.optional(text),
  as: v.optional(
    v.pipe(
      v.string('as'),
      v.check((text) => parseIdentity(text) !== null, 'as'),
    ),
  ),
  cwd: v.optional(text),
  env: v.optional(v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, 'variable')), v.string('text'), 'variables')),
  command: v.optional(text),
  args: v.optional(v.array(v.string('text'), 'texts'), []),
  shellCommand: v.optional(text),
  /** Seconds; true: for as long as it takes. */
  waitFor: v.optional(v.union([v.boolean(), v.pipe(v.number(), v.finite(), v.minValue(0))], 'wait')),
});
export type NamespaceTaskDefinition = v.InferOutput<typeof Definition>;

/** What is wrong, and with which property; null: with the definition as a whole. */
export interface DefinitionProblem {
  readonly key: string | null;
  readonly message: string;
}

/** All that is wrong with a definition; empty where it can be run. */
export function checkDefinition(definition: unknown): DefinitionProblem[] {
  const parsed = v.safeParse(Definition, definition);
  if (parsed.success) return checkWhole(parsed.output);
  return parsed.issues.map((issue) => {
    const path = v.getDotPath(issue);
    const key = path?.split('.')[0] ?? null;
    return {
      key,
      message: key === null ? t('the definition is not an object') : describe(issue.message, plain(path ?? key, 80)),
    };
  });
}

/** What only several properties together tell, and so no schema says; empty where one of them is wrong by itself. */
export function checkTogether(definition: unknown): DefinitionProblem[] {
  const parsed = v.safeParse(Definition, definition);
  return parsed.success ? checkWhole(parsed.output) : [];
}

/** Throws a UserError that says what is wrong with the definition. */
export function parseDefinition(definition: unknown): NamespaceTaskDefinition {
  const [problem] = checkDefinition(definition);
  if (problem) throw new UserError(t('task of type "namespace": {0}', problem.message));
  return v.parse(Definition, definition);
}

function checkWhole(definition: NamespaceTaskDefinition): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const both = (first: string, second: string): void => {
    problems.push({ key: second, message: t('"{0}" and "{1}" cannot be used together', first, second) });
  };
  const ways = CONTAINER_KEYS.filter((key) => definition[key] !== undefined);
  if (ways.length === 0)
    problems.push({
      key: null,
      message: t('one of "container", "composeService", "pod" and "containerLabel" is required'),
    });
  for (const way of ways.slice(1)) both(ways[0] ?? '', way);
  if (definition.composeProject !== undefined && definition.composeService === undefined)
    problems.push({ key: 'composeProject', message: t('"composeProject" needs "composeService"') });
  if (definition.namespaces && definition.preset !== undefined) both('namespaces', 'preset');
  if (definition.command === undefined && definition.shellCommand === undefined)
    problems.push({ key: null, message: t('either "command" or "shellCommand" is required') });
  if (definition.shellCommand !== undefined && definition.command !== undefined) both('command', 'shellCommand');
  else if (definition.shellCommand !== undefined && definition.args.length > 0) both('args', 'shellCommand');
  return problems;
}

function describe(kind: string, path: string): string {
  switch (kind) {
    case 'type':
      return t('"{0}" must be "namespace"', path);
    case 'text':
      return t('"{0}" must be a string', path);
    case 'texts':
      return t('"{0}" must be a list of strings', path);
    case 'empty':
      return t('"{0}" must not be empty', path);
    case 'namespace':
      return t('"{0}" is not a namespace type', path);
    case 'as':
      return t('"{0}" must be "me", "target", "root", a user ID or UID:GID', path);
    case 'variable':
      return t('"{0}" is not the name of an environment variable', path);
    case 'variables':
      return t('"{0}" must be an object of environment variables', path);
    case 'wait':
      return t('"{0}" must be true, false or a number of seconds', path);
    default:
      return t('"{0}" is not valid', path);
  }
}
