// VS Code's shell integration (command decorations, exit codes, the directory) in shells that the helper starts: VS Code
// adds it only to those that it starts itself. For bash and fish; a zsh takes a folder of copied start-up files, so there
// the line that VS Code documents for one's own .zshrc is needed.
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { env, workspace } from 'vscode';

export interface IntegratedShell {
  /** Command line of the shell; empty: as it is started without integration. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const PLAIN: IntegratedShell = { command: [], environment: {} };

/** As VS Code starts them. */
const STARTS: Partial<Record<string, { script: string; options: (script: string) => string[] }>> = {
  bash: { script: 'shellIntegration-bash.sh', options: (script) => ['--init-file', script] },
  fish: {
    script: 'shellIntegration.fish',
    options: (script) => ['--init-command', `source "${script.replaceAll(/[\\"$]/g, '\\$&')}"`],
  },
};

/** For the user's own shell among the files of this machine. */
export async function integratedShell(): Promise<IntegratedShell> {
  if (workspace.getConfiguration('terminal.integrated.shellIntegration').get<boolean>('enabled') === false)
    return PLAIN;
  // As the helper chooses it.
  const shell = process.env['SHELL'] ?? env.shell;
  const scripts = join(env.appRoot, 'out/vs/workbench/contrib/terminal/common/scripts');
  const start = shell.startsWith('/') ? STARTS[basename(shell)] : undefined;
  if (!start) return PLAIN;
  const script = join(scripts, start.script);
  try {
    await access(script);
  } catch {
    return PLAIN;
  }
  // The script reads the user's own start-up files itself where it is told that it stands in their place.
  return { command: [shell, ...start.options(script)], environment: { VSCODE_INJECTION: '1' } };
}
