// The commands that open terminals: from a row, from several selected rows, or from the palette with a question first.
import { l10n, window } from 'vscode';
import type { Inventory } from '../discover/inventory';
import type { Container } from '../model/container';
import { UserError } from '../model/userError';
import { pickContainer, pickNamespaces } from '../select/picker';
import { allOf, type Checked, type Chosen, conflictsIn, only } from '../select/selection';
import type { Terminals } from '../terminal/terminals';
import type { TreeNode } from '../tree/nodes';

export class TerminalCommands {
  constructor(
    private readonly inventory: Inventory,
    private readonly checked: Checked,
    private readonly terminals: Pick<Terminals, 'open'>,
    /** A row as it is now. */
    private readonly now: (row: TreeNode) => TreeNode,
  ) {}

  /** One terminal for each container that is meant, in its network namespace. */
  async openNetwork(node?: TreeNode, nodes?: readonly TreeNode[]): Promise<void> {
    for (const container of await this.#containers(node, nodes, l10n.t('Open Terminal in Network Namespace'))) {
      const chosen = only(container, ['net']);
      if (chosen.length === 0)
        throw new UserError(l10n.t("{0} uses the machine's own network: any terminal is in it.", container.name));
      await this.terminals.open(chosen);
    }
  }

  /** One terminal for each container that is meant, in all of its namespaces. */
  async openContainer(node?: TreeNode, nodes?: readonly TreeNode[]): Promise<void> {
    for (const container of await this.#containers(node, nodes, l10n.t('Open Terminal in Container'))) {
      await this.#open(allOf(container));
    }
  }

  /** One terminal in the namespaces of the selected rows, or else of the checked ones, or else of those picked now. */
  async openSelected(node?: TreeNode, nodes?: readonly TreeNode[]): Promise<void> {
    const rows = this.#rows(node, nodes).filter((row) => row.kind === 'namespace');
    if (rows.length > 0) {
      await this.#open(rows.map(({ container, namespace }) => ({ container, namespace })));
      return;
    }
    const checked = this.checked.resolve(await this.#current());
    const chosen = checked.length > 0 ? checked : await this.#pick(l10n.t('Open Terminal in Selected Namespaces'));
    if (chosen) await this.#open(chosen);
  }

  async #open(chosen: readonly Chosen[]): Promise<void> {
    const conflicts = conflictsIn(chosen);
    if (conflicts.length > 0) {
      throw new UserError(
        l10n.t(
          'A process is in one namespace of each type, but more than one was selected of: {0}.',
          conflicts.join(', '),
        ),
      );
    }
    if (chosen.length === 0)
      throw new UserError(l10n.t("All of these namespaces are the machine's own: any terminal is in them."));
    await this.terminals.open(chosen);
  }

  async #pick(title: string): Promise<Chosen[] | undefined> {
    const container = await pickContainer(await this.#current(), title);
    const chosen = container && (await pickNamespaces(container, title));
    return chosen && chosen.length > 0 ? chosen : undefined;
  }

  async #containers(
    node: TreeNode | undefined,
    nodes: readonly TreeNode[] | undefined,
    title: string,
  ): Promise<Container[]> {
    const meant = this.#rows(node, nodes).flatMap((row) => (row.kind === 'group' ? [] : [row.container]));
    if (meant.length > 0) return [...new Map(meant.map((container) => [container.key, container])).values()];
    const picked = await pickContainer(await this.#current(), title);
    return picked ? [picked] : [];
  }

  #current(): Promise<Parameters<Checked['resolve']>[0]> {
    return Promise.resolve(
      window.withProgress({ location: { viewId: 'namespaces.containers' } }, () => this.inventory.refresh()),
    );
  }

  /** VS Code gives the row that was clicked, and all selected rows if that one is among them. */
  #rows(node: TreeNode | undefined, nodes: readonly TreeNode[] | undefined): TreeNode[] {
    const given = nodes && nodes.length > 0 ? nodes : node ? [node] : [];
    return given.map((row) => this.now(row));
  }
}
