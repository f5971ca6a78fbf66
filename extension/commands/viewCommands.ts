// The commands that arrange the view: filter, group, sort, and find a container in it.
import { commands, l10n, window } from 'vscode';
import type { Inventory } from '../discover/inventory';
import { VIEWS } from '../ids';
import { type Arrangement, GROUPINGS, SORTINGS } from '../tree/arrangement';
import type { ContainersProvider } from '../tree/containersProvider';
import type { NamespacesProvider } from '../tree/namespacesProvider';
import type { Rows, Targets } from './targets';

export class ViewCommands {
  constructor(
    private readonly targets: Pick<Targets, 'containers'>,
    private readonly provider: Pick<
      ContainersProvider,
      'arrangement' | 'arrange' | 'reveal' | 'readOpened' | 'catchUp' | 'clearChecked' | 'toggleChecked'
    >,
    private readonly namespaces: Pick<NamespacesProvider, 'catchUp' | 'readOpened'>,
    private readonly inventory: Pick<Inventory, 'refresh'>,
  ) {}

  /** Resolves when it is to be seen. */
  async refresh(): Promise<void> {
    await this.inventory.refresh();
    await Promise.all([this.provider.readOpened(), this.namespaces.readOpened()]);
    await Promise.all([this.provider.catchUp(), this.namespaces.catchUp()]);
  }

  async filter(): Promise<void> {
    const filter = await window.showInputBox({
      title: l10n.t('Filter Containers'),
      prompt: l10n.t('Part of a name, image, project, engine or process ID; leave empty to show all'),
      value: this.provider.arrangement.filter,
    });
    if (filter !== undefined) await this.provider.arrange({ filter: filter.trim() });
  }

  clearFilter(): Promise<void> {
    return this.provider.arrange({ filter: '' });
  }

  clearSelection(): void {
    this.provider.clearChecked();
  }

  /** Of the rows that are selected in the view. */
  toggleSelection(): void {
    this.provider.toggleChecked();
  }

  async groupBy(): Promise<void> {
    const texts: Record<Arrangement['groupBy'], string> = {
      engine: l10n.t('By engine, then by project'),
      project: l10n.t('By compose project or pod'),
      none: l10n.t('No grouping'),
    };
    const items = GROUPINGS.map((groupBy) => ({ label: texts[groupBy], groupBy }));
    const picked = await window.showQuickPick(items, { title: l10n.t('Group Containers') });
    if (picked) await this.provider.arrange({ groupBy: picked.groupBy });
  }

  async sortBy(): Promise<void> {
    const texts: Record<Arrangement['sortBy'], string> = {
      name: l10n.t('By name'),
      pid: l10n.t('By process ID, newest last'),
    };
    const items = SORTINGS.map((sortBy) => ({ label: texts[sortBy], sortBy }));
    const picked = await window.showQuickPick(items, { title: l10n.t('Sort Containers') });
    if (picked) await this.provider.arrange({ sortBy: picked.sortBy });
  }

  /** From the other view, or from the palette. */
  async reveal(...rows: Rows): Promise<void> {
    const [container] = await this.targets.containers(rows, l10n.t('Show in Containers'));
    if (!container) return;
    await commands.executeCommand(`${VIEWS.containers}.focus`);
    // It may be hidden by the filter.
    if (!(await this.provider.reveal(container.key))) {
      await this.provider.arrange({ filter: '' });
      await this.provider.reveal(container.key);
    }
  }
}
