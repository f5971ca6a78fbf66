// Finds the builds of a folder: npm scripts and Makefile targets. The parsers are pure.
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

export interface Build {
  /** As a person would type it: `npm run build`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly group: 'build' | 'test' | null;
}

/** Reads what is there; a folder without package.json or Makefile, or with broken ones, has no builds. */
export async function findBuilds(folder: string): Promise<Build[]> {
  const [packageJson, makefile, manager] = await Promise.all([
    readText(join(folder, 'package.json')),
    firstText(['GNUmakefile', 'makefile', 'Makefile'].map((name) => join(folder, name))),
    packageManager(folder),
  ]);
  return [
    ...npmScripts(packageJson).map((script) => npmBuild(manager, script)),
    ...makeTargets(makefile).map(makeBuild),
  ];
}

const Package = v.object({ scripts: v.optional(v.record(v.string(), v.string()), {}) });

export function npmScripts(packageJson: string): string[] {
  try {
    return Object.keys(v.parse(Package, JSON.parse(packageJson)).scripts);
  } catch {
    return [];
  }
}

/** Targets that a person would call: no pattern rules, no special targets such as .PHONY, no variables. */
export function makeTargets(makefile: string): string[] {
  // Each part takes characters that the next one does not, so that no line, however long, is read more than once.
  const rules = makefile.matchAll(/^([A-Za-z0-9_][\w./ \t-]*)::?(?![=:])/gm);
  const targets = [...rules].flatMap(([, names = '']) => names.trim().split(/\s+/));
  return [...new Set(targets)];
}

function npmBuild(manager: string, script: string): Build {
  const args = script === 'test' ? ['test'] : ['run', script];
  return { name: [manager, ...args].join(' '), command: manager, args, group: groupOf(script) };
}

function makeBuild(target: string): Build {
  return { name: `make ${target}`, command: 'make', args: [target], group: groupOf(target) };
}

function groupOf(name: string): Build['group'] {
  if (/^(build|compile|all)\b/.test(name)) return 'build';
  return /^(test|check)\b/.test(name) ? 'test' : null;
}

const LOCK_FILES = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
] as const;

async function packageManager(folder: string): Promise<string> {
  for (const [file, manager] of LOCK_FILES) {
    const found = await access(join(folder, file)).then(
      () => true,
      () => false,
    );
    if (found) return manager;
  }
  return 'npm';
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

async function firstText(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const text = await readText(path);
    if (text !== '') return text;
  }
  return '';
}
