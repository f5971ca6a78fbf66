// VS Code's shell integration (command decorations, exit codes, the directory) in shells that the helper starts: VS Code
// adds it only to those that it starts itself. For bash, zsh and fish, each as VS Code does it, with VS Code's own scripts;
// they read the user's own start-up files where they are told that they stand in their place.
import { randomUUID } from 'node:crypto';
import { access, copyFile, mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { env } from 'vscode';
import { integratesShells, terminalVariables } from '../settings';

export interface IntegratedShell {
  /** Command line of the shell; empty: as it is started without integration. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const PLAIN: IntegratedShell = { command: [], environment: {} };
const INJECTED = { VSCODE_INJECTION: '1' };

/** Gets ready what a shell needs; fails where a script of VS Code's is not there. */
type Start = (shell: string, scripts: string, folder: string) => Promise<IntegratedShell>;

const STARTS: Partial<Record<string, Start>> = {
  bash: async (shell, scripts) => {
    const script = await there(join(scripts, 'shellIntegration-bash.sh'));
    return { command: [shell, '--init-file', script], environment: INJECTED };
  },
  zsh: async (shell, scripts, folder) => {
    // Only VS Code can tell what the variables in it mean, so that the start-up files in there are read as they are.
    if (terminalVariables()['ZDOTDIR'] !== undefined) return PLAIN;
    await copyStartUpFiles(scripts, folder);
    const own = process.env['ZDOTDIR'] ?? homedir();
    return { command: [shell, '-i'], environment: { ...INJECTED, ZDOTDIR: folder, USER_ZDOTDIR: own } };
  },
  fish: async (shell, scripts) => {
    const script = await there(join(scripts, 'shellIntegration.fish'));
    const command = `source "${script.replaceAll(/[\\"$]/g, '\\$&')}"`;
    return { command: [shell, '--init-command', command], environment: INJECTED };
  },
};

/** What zsh reads in ZDOTDIR (zsh(1), STARTUP/SHUTDOWN FILES), by the script that takes its place. */
const ZSH_FILES = {
  '.zshenv': 'shellIntegration-env.zsh',
  '.zprofile': 'shellIntegration-profile.zsh',
  '.zshrc': 'shellIntegration-rc.zsh',
  '.zlogin': 'shellIntegration-login.zsh',
};

/** For the user's own shell among the files of this machine. `folder` is a place of ours for zsh's start-up files. */
export async function integratedShell(folder: string): Promise<IntegratedShell> {
  if (!integratesShells()) return PLAIN;
  // As the helper chooses it.
  const shell = process.env['SHELL'] ?? env.shell;
  const start = shell.startsWith('/') ? STARTS[basename(shell)] : undefined;
  const scripts = join(env.appRoot, 'out/vs/workbench/contrib/terminal/common/scripts');
  // A shell without decorations is better than none.
  return start ? start(shell, scripts, folder).catch(() => PLAIN) : PLAIN;
}

async function there(path: string): Promise<string> {
  await access(path);
  return path;
}

/** Anew each time, because VS Code may have been updated; whole at any moment, because another zsh may just read them. */
async function copyStartUpFiles(scripts: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, script] of Object.entries(ZSH_FILES)) {
    const draft = join(folder, randomUUID());
    await copyFile(join(scripts, script), draft);
    await rename(draft, join(folder, name));
  }
}
