// Any task's command as one that runs in a container's network. Quoting and variables stay VS Code's own work: a shell task
// stays one, with the launcher in the shell's place, so that VS Code makes the very command line that it would have made,
// and the shell inside gets it. Pure: plain data in, plain data out.

import type { Shell } from '../model/shell';

/** The part of vscode.ShellExecution and vscode.ProcessExecution that says what runs. */
export interface ProcessLike {
  readonly process: string;
  readonly args: readonly string[];
}
export interface ShellLike {
  readonly options?: { readonly executable?: string; readonly shellArgs?: readonly string[] } | undefined;
}

/** Definition of a `namespace` task for a process. */
export function processInside(container: string, { process, args }: ProcessLike): Record<string, unknown> {
  return { ...inNetwork(container), command: process, args: [...args] };
}

/**
 * Definition of a `namespace` task for a shell. The command line follows as one more argument, which VS Code adds. Where a
 * task names its shell, that has only the arguments the task gives, as with VS Code itself; else it is `usual` with -c.
 */
export function shellInside(container: string, { options }: ShellLike, usual: Shell): Record<string, unknown> {
  const named = options?.executable;
  const args = options?.shellArgs ?? (named === undefined ? usual.args : []);
  return {
    ...inNetwork(container),
    command: named ?? usual.path,
    args: named === undefined && !args.includes('-c') ? [...args, '-c'] : [...args],
  };
}

/** A part of a command line, with how VS Code is to quote it. */
type Quoted = string | { readonly value: string };

/** What a shell task is remembered by, so that VS Code can offer it again among the tasks that ran lately. */
export function shellDefinition(
  container: string,
  {
    commandLine,
    command,
    args,
  }: { commandLine?: string | undefined; command?: Quoted | undefined; args?: readonly Quoted[] | undefined },
): Record<string, unknown> {
  if (commandLine !== undefined) return { ...inNetwork(container), shellCommand: commandLine };
  return { ...inNetwork(container), command: valueOf(command ?? ''), args: (args ?? []).map(valueOf) };
}

const valueOf = (part: Quoted): string => (typeof part === 'string' ? part : part.value);

const inNetwork = (container: string): Record<string, unknown> => ({
  type: 'namespace',
  container,
  namespaces: ['net'],
});

export interface Matchers {
  /** Such as `$tsc`. */
  readonly named: readonly string[];
  /** Whether there is one that is written out, which no extension can hand on. */
  readonly writtenOut: boolean;
}

/** The problem matchers of a task in tasks.json: VS Code does not tell them with the task. `written`: what is in there. */
export function matchersOf(name: string, written: unknown): Matchers {
  const matchers = [memberOf(entryOf(name, written), 'problemMatcher') ?? []].flat();
  const named = matchers.filter((matcher) => typeof matcher === 'string');
  return { named, writtenOut: named.length < matchers.length };
}

/** A task's label, or what its definition holds. */
export type Dependency = string | Readonly<Record<string, unknown>>;

/** What a task in tasks.json depends on: VS Code does not tell that either. */
export function dependenciesOf(name: string, written: unknown): { wanted: Dependency[]; inSequence: boolean } {
  const entry = entryOf(name, written);
  const wanted = [memberOf(entry, 'dependsOn') ?? []]
    .flat()
    .filter((dependency): dependency is Dependency => typeof dependency === 'string' || isObject(dependency));
  return { wanted, inSequence: memberOf(entry, 'dependsOrder') === 'sequence' };
}

function entryOf(name: string, written: unknown): unknown {
  const entries: readonly unknown[] = Array.isArray(written) ? written : [];
  return entries.find((candidate) => memberOf(candidate, 'label') === name);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const memberOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
