// The only reader of configuration.
import { type ConfigurationScope, workspace } from 'vscode';
import { SETTINGS } from './ids';

function read(id: string, scope?: ConfigurationScope): string {
  return workspace
    .getConfiguration(undefined, scope ?? null)
    .get<string>(id, '')
    .trim();
}

/** Docker's address; undefined: where Docker usually is. */
export function dockerHost(): string | undefined {
  return read(SETTINGS.dockerHost) || undefined;
}

export function sudoPath(): string {
  return read(SETTINGS.sudoPath) || 'sudo';
}

/** As it is written: plan/presets.ts says what is wrong with it. */
export function presetsSetting(): unknown {
  return workspace.getConfiguration().get<unknown>(SETTINGS.presets);
}

/** Container in whose network a folder's builds are offered; undefined: in each that runs. */
export function tasksContainer(folder: ConfigurationScope): string | undefined {
  return read(SETTINGS.tasksContainer, folder) || undefined;
}
