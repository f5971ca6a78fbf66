// The commands that open terminals: from a row, from several selected rows, or from the palette with a question first.
import { l10n } from 'vscode';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { pickNewTypes } from '../select/picker';
import { allOf, type Chosen, only } from '../select/selection';
import type { Terminals } from '../terminal/terminals';
import { enterable } from './enterable';
import { mayOpen, previewEntry, type User } from './mayOpen';
import type { PresetChooser } from './presetChooser';
import type { Rows, Targets } from './targets';

export class TerminalCommands {
  constructor(
    private readonly targets: Targets,
    private readonly terminals: Pick<Terminals, 'open' | 'openNew'>,
    private readonly chooser: Pick<PresetChooser, 'choose'>,
    private readonly user: () => User,
  ) {}

  /** One terminal for each container that is meant, in its network namespace, and for each such namespace without one. */
  async openNetwork(...rows: Rows): Promise<void> {
    for (const held of await this.targets.held(rows)) {
      if (held.namespace.type === 'net') await this.terminals.open([held]);
    }
    for (const container of await this.targets.containers(rows, l10n.t('Open Terminal in Network Namespace'))) {
      const chosen = only(container, ['net']);
      if (chosen.length === 0)
        throw new UserError(
          l10n.t("{0} uses the machine's own network: every terminal is already in it.", plain(container.name, 80)),
        );
      await this.terminals.open(chosen);
    }
  }

  /** One terminal for each container that is meant, in all of its namespaces. */
  async openContainer(...rows: Rows): Promise<void> {
    for (const container of await this.targets.containers(rows, l10n.t('Open Terminal in Container'))) {
      await this.enter(allOf(container));
    }
  }

  /** One terminal in the namespaces of the rows, whatever is checked. */
  async openNamespace(...rows: Rows): Promise<void> {
    await this.#openChosen(await this.targets.chosen(rows, l10n.t('Open Terminal in Namespace')));
  }

  /** One terminal in the checked namespaces, or else in those picked now. */
  async openSelected(): Promise<void> {
    await this.#openChosen(await this.targets.chosen([], l10n.t('Open Terminal in Selected Namespaces')));
  }

  /** One terminal by a preset, as whom the person says. */
  async openPreset(...rows: Rows): Promise<void> {
    const entry = await this.chooser.choose(rows, l10n.t('Open Terminal with Preset'));
    if (entry) await this.terminals.open(entry.chosen, entry.as);
  }

  async openNew(): Promise<void> {
    const types = await pickNewTypes(l10n.t('Open Terminal in New Namespaces'));
    if (types && types.length > 0) await this.terminals.openNew(types);
  }

  async #openChosen(given: readonly Chosen[] | undefined): Promise<void> {
    if (!given) return;
    const chosen = enterable(given);
    // What one namespace changes is clear from its row.
    if (chosen.length < 2) await this.enter(chosen);
    else if (await previewEntry(chosen, this.user())) await this.terminals.open(chosen);
  }

  /** One terminal, once the person knows what there is to beware of. */
  async enter(given: readonly Chosen[]): Promise<void> {
    const chosen = enterable(given);
    if (await mayOpen(chosen, this.user())) await this.terminals.open(chosen);
  }
}
