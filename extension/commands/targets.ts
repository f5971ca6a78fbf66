// What a command is about: the rows it was called on, or else the checked namespaces, or else what a person picks now.
import { l10n, window } from 'vscode';
import type { Inventory } from '../discover/inventory';
import type { Container, Snapshot } from '../model/container';
import { VIEWS } from '../ids';
import { UserError } from '../model/userError';
import { heldChoice } from '../select/held';
import { pickContainer, pickNamespaces } from '../select/picker';
import { allOf, type Checked, type Chosen } from '../select/selection';
import type { TreeNode } from '../tree/rows';

/** What VS Code hands to a command: the row that was clicked, and all selected rows if that one is among them. */
export type Rows = readonly [node?: TreeNode, nodes?: readonly TreeNode[]];

export class Targets {
  constructor(
    private readonly inventory: Pick<Inventory, 'refresh'>,
    private readonly checked: Pick<Checked, 'resolve'>,
    /** A row as it is now. */
    private readonly now: (row: TreeNode) => TreeNode,
    /** What is selected in the views that are seen, where a command comes by key or from the palette. */
    private readonly selected: () => readonly TreeNode[],
  ) {}

  rows([node, nodes]: Rows): TreeNode[] {
    const given = nodes && nodes.length > 0 ? nodes : node ? [node] : [];
    return given.map((row) => this.now(row));
  }

  /** Each container that is meant once; empty where nobody chose one. `usual` is the name of that offered first. */
  async containers(rows: Rows, title: string, usual?: string): Promise<Container[]> {
    const given = this.rows(rows);
    const meant = given.flatMap((row) => ('container' in row && row.container ? [row.container] : []));
    if (given.length > 0) return [...new Map(meant.map((container) => [container.key, container])).values()];
    const picked = await this.#pickContainer(await this.current(), title, usual);
    return picked ? [picked] : [];
  }

  /** The one whose row is selected comes first, or else the usual one. */
  #pickContainer(snapshot: Snapshot, title: string, usual?: string): Promise<Container | undefined> {
    const [selected] = this.selected().flatMap((row) => ('container' in row && row.container ? [row.container] : []));
    return pickContainer(snapshot, title, ({ key, name }) => (selected ? key === selected.key : name === usual));
  }

  /**
   * The namespaces that are meant: those of the rows and all of each row's container, or the checked ones, or those picked.
   * Throws a UserError where the rows' containers have none of their own.
   */
  async chosen(rows: Rows, title: string): Promise<Chosen[] | undefined> {
    const given = this.rows(rows);
    const ofRows = given.flatMap((row) => {
      if (row.kind === 'container') return allOf(row.container);
      return row.kind === 'namespace' ? [{ container: row.container, namespace: row.namespace }] : [];
    });
    const all = [...ofRows, ...(await this.held(rows))];
    if (all.length > 0) return all;
    if (given.some(({ kind }) => kind === 'container'))
      throw new UserError(l10n.t("All of these namespaces are the machine's own: every terminal is already in them."));
    const snapshot = await this.current();
    const checked = this.checked.resolve(snapshot);
    if (checked.length > 0) return checked;
    const container = await this.#pickContainer(snapshot, title);
    const picked = container && (await pickNamespaces(container, title));
    return picked && picked.length > 0 ? picked : undefined;
  }

  /** Those of the rows that no container is in, as they are now: what holds them is looked at once more. */
  async held(rows: Rows): Promise<Chosen[]> {
    const held = this.rows(rows).filter((row) => row.kind === 'held');
    if (held.length === 0) return [];
    const { namespaces } = await this.current();
    return held.map(({ type, inode, label }) => {
      const namespace = namespaces.find((each) => each.type === type && each.inode === inode);
      const choice = namespace ? heldChoice(namespace) : { obstacle: l10n.t('it is not there any more') };
      if (!('obstacle' in choice)) return choice;
      throw new UserError(l10n.t('{0} cannot be entered: {1}.', label, choice.obstacle));
    });
  }

  /** The machine as it is now, with the view showing that it is being looked at. */
  current(): Promise<Snapshot> {
    return Promise.resolve(
      window.withProgress({ location: { viewId: VIEWS.containers } }, () => this.inventory.refresh()),
    );
  }
}
