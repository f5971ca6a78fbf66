// "Namespace Shell…" among the terminal profiles: asks for a container and a preset, then VS Code opens the terminal.
import { l10n, TerminalProfile, type TerminalProfileProvider } from 'vscode';
import type { Terminals } from '../terminal/terminals';
import type { PresetChooser } from './presetChooser';

/** No profile would be an error for VS Code, which it shows. It shows none that says nothing. */
class NoMessage extends Error {}

export class ShellProfileProvider implements TerminalProfileProvider {
  constructor(
    private readonly chooser: Pick<PresetChooser, 'choose'>,
    private readonly terminals: Pick<Terminals, 'optionsFor'>,
    private readonly report: (error: unknown) => Promise<void>,
  ) {}

  async provideTerminalProfile(): Promise<TerminalProfile> {
    try {
      const entry = await this.chooser.choose([], l10n.t('Namespace Shell'));
      if (entry) return new TerminalProfile(await this.terminals.optionsFor(entry.chosen, entry.as));
    } catch (error) {
      await this.report(error);
    }
    throw new NoMessage();
  }
}
