// The only reader of configuration.
import { type ConfigurationScope, type Disposable, env, workspace } from 'vscode';
import { SETTINGS } from './ids';
import type { Shell } from './model/shell';

/** Of each of SETTINGS. */
const SECTION = 'namespaces';

/** VS Code copies all of the section that it is asked for: ours, since a copy of all settings is 70 kB of garbage. */
function get(id: string, scope?: ConfigurationScope | null): unknown {
  return workspace.getConfiguration(SECTION, scope).get(id.slice(SECTION.length + 1));
}

function read(id: string, scope?: ConfigurationScope): string {
  const text = get(id, scope ?? null);
  return typeof text === 'string' ? text.trim() : '';
}

function onChange(id: string, listener: () => void): Disposable {
  return workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(id)) listener();
  });
}

/** Docker's address; undefined: where Docker usually is. */
export function dockerHost(): string | undefined {
  return read(SETTINGS.dockerHost) || undefined;
}

export function onDockerHostChange(listener: () => void): Disposable {
  return onChange(SETTINGS.dockerHost, listener);
}

export function sudoPath(): string {
  return read(SETTINGS.sudoPath) || 'sudo';
}

/** As it is written: plan/presetsSetting.ts says what is wrong with it. */
export function presetsSetting(): unknown {
  return get(SETTINGS.presets);
}

export function onPresetsChange(listener: () => void): Disposable {
  return onChange(SETTINGS.presets, listener);
}

/** Container in whose network a folder's builds are offered; undefined: in each that runs. */
export function tasksContainer(folder: ConfigurationScope): string | undefined {
  return read(SETTINGS.tasksContainer, folder) || undefined;
}

/** What is in the folder's, or else in the workspace's, tasks.json, as a person wrote it. */
export function writtenTasks(folder: ConfigurationScope | undefined): unknown {
  return workspace.getConfiguration('tasks', folder ?? null).get('tasks');
}

/** The shell that VS Code runs tasks with, which it does not tell itself: of the profile for automation, or the default one. */
export function usualShell(): Shell {
  const terminal = workspace.getConfiguration('terminal.integrated');
  const automation = terminal.get<{ path?: unknown; args?: unknown } | null>('automationProfile.linux');
  if (typeof automation?.path === 'string') return { path: automation.path, args: textsOf(automation.args) };
  const profiles = terminal.get<Record<string, { args?: unknown } | null>>('profiles.linux', {});
  return { path: env.shell, args: textsOf(profiles[terminal.get<string | null>('defaultProfile.linux') ?? '']?.args) };
}

/** Whether VS Code adds its shell integration to shells. */
export function integratesShells(): boolean {
  return workspace.getConfiguration('terminal.integrated.shellIntegration').get<boolean>('enabled') !== false;
}

/** The variables that VS Code sets in terminals, as they are written: with VS Code's own variables in them. */
export function terminalVariables(): Readonly<Record<string, unknown>> {
  return workspace.getConfiguration('terminal.integrated.env').get<Record<string, unknown>>('linux', {});
}

function textsOf(args: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(args) ? args : [args];
  return list.filter((argument) => typeof argument === 'string');
}
