// The view "Containers": the nodes with checkboxes for the selection, a badge, and a word where there is something to say.
import { commands, l10n, type Memento, type TreeItem, TreeItemCheckboxState } from 'vscode';
import type { Inventory } from '../discover/inventory';
import { CONTEXT_KEYS } from '../ids';
import { addressesOf } from '../inspect/addresses';
import { readPorts } from '../inspect/ports';
import type { Container, Snapshot } from '../model/container';
import { plain } from '../model/text';
import { describeChecked, type Replaced } from '../select/checkedText';
import type { Checked } from '../select/selection';
import { nounOf } from '../shared/typeTexts';
import type { Work } from '../shared/slices';
import { type Arrangement, USUAL_ARRANGEMENT } from './arrangement';
import { badgeOf } from './badge';
import { buildNodes, type MadeRows } from './nodes';
import { NodesProvider } from './nodesProvider';
import { isJoinable, type NamespaceNode, type TreeNode } from './rows';
import type { View } from './viewProvider';
import { WhileOpen } from './whileOpen';

/** Key of the memento: how a person likes to see the containers. */
const REMEMBERED = 'containers.arrangement';

export class ContainersProvider extends NodesProvider {
  #arrangement: Arrangement;
  readonly #made: MadeRows = new WeakMap();
  readonly #ports = this.#whileOpen(readPorts);
  readonly #addresses = this.#whileOpen(readAddresses);
  readonly #listening: { dispose(): unknown }[];
  #replaced: Replaced | null = null;
  /** Above the rows, but for what is checked. */
  #said: readonly string[] = [];

  constructor(
    inventory: Inventory,
    view: View,
    private readonly checked: Checked,
    private readonly memory: Memento,
  ) {
    super(inventory, view);
    this.#arrangement = { ...USUAL_ARRANGEMENT, ...memory.get<Partial<Arrangement>>(REMEMBERED), filter: '' };
    this.#listening = [
      this.view.onDidChangeCheckboxState(({ items }) => {
        for (const [node, state] of items) {
          if (node.kind === 'namespace') this.#check(node, state === TreeItemCheckboxState.Checked);
        }
        this.#checkedChanged();
      }),
      this.view.onDidExpandElement(({ element }) => {
        const node = this.now(element);
        void this.#read(node);
      }),
      this.view.onDidCollapseElement(({ element }) => {
        if (element.kind === 'ports') this.#ports.close(element.container);
        if (element.kind === 'container') this.#addresses.close(element.container);
      }),
      this.view.onDidChangeVisibility(() => {
        this.#tellBadge();
      }),
      inventory.onDidChange((snapshot) => {
        this.#tell(snapshot);
        void this.readOpened();
      }),
    ];
  }

  /** Looks again at what was read for open rows: ports and addresses may change while all processes stay. */
  async readOpened(): Promise<void> {
    const { containers } = this.inventory.latest;
    await Promise.all([this.#ports.refresh(containers), this.#addresses.refresh(containers)]);
  }

  get arrangement(): Arrangement {
    return this.#arrangement;
  }

  /** The filter is for now; the rest is remembered. */
  async arrange(change: Partial<Arrangement>): Promise<void> {
    this.#arrangement = { ...this.#arrangement, ...change };
    const { groupBy, sortBy, filter } = this.#arrangement;
    void commands.executeCommand('setContext', CONTEXT_KEYS.filtered, filter !== '');
    this.show();
    await this.memory.update(REMEMBERED, { groupBy, sortBy });
  }

  override getTreeItem(given: TreeNode): TreeItem {
    const item = super.getTreeItem(given);
    const node = this.now(given);
    if (node.kind === 'namespace' && isJoinable(node.namespace)) {
      item.checkboxState = checkboxOf(node, this.checked.has(node.container.key, node.namespace.type));
    }
    return item;
  }

  /** Of each selected row that has a checkbox. */
  toggleChecked(): void {
    for (const node of this.selection) {
      if (node.kind !== 'namespace' || !isJoinable(node.namespace)) continue;
      this.#check(node, !this.checked.has(node.container.key, node.namespace.type));
    }
    this.#checkedChanged();
  }

  clearChecked(): void {
    this.checked.clear();
    this.#replaced = null;
    this.#checkedChanged();
  }

  override dispose(): void {
    for (const listener of this.#listening) listener.dispose();
    super.dispose();
  }

  /** So VS Code shows that it waits, and then what was read, rather than rows that are soon others. */
  protected override async beforeOpen(node: TreeNode): Promise<void> {
    if (node.kind !== 'ports' && node.kind !== 'container') return;
    await this.#read(node);
    await this.catchUp();
  }

  protected build(snapshot: Snapshot): Work<TreeNode[]> {
    const read = { ports: this.#ports.known, addresses: this.#addresses.known };
    return buildNodes(snapshot, this.#arrangement, read, this.#made);
  }

  #whileOpen<Found>(read: (container: Container) => Promise<Found>): WhileOpen<Container, Found> {
    return new WhileOpen(
      ({ key }) => key,
      read,
      () => {
        this.showSoon();
      },
    );
  }

  /** What is read only for a row that is open. */
  async #read(node: TreeNode): Promise<void> {
    if (node.kind === 'ports') await this.#ports.open(node.container);
    if (node.kind === 'container') await this.#addresses.open(node.container);
  }

  protected override shown({ containers, notes }: Snapshot, nodes: readonly TreeNode[]): void {
    const { filter } = this.#arrangement;
    const filtered = filter === '' ? '' : l10n.t('filtered by "{0}"', plain(filter, 40));
    // VS Code shows no welcome beside a message: an empty view has its buttons, and what failed stands in its title.
    const empty = containers.length === 0;
    const noMatch = nodes.length === 0 ? this.#noMatch() : '';
    this.#said = empty ? [] : [...notes, noMatch];
    this.view.description = joinedBy(' · ', [filtered, ...(empty ? notes : [])]);
    this.#sayAbove();
  }

  /** Above the rows: what went wrong, and what is checked. */
  #sayAbove(): void {
    const checked = describeChecked(this.checked.resolve(this.inventory.latest), this.#replaced);
    this.view.message = joinedBy('\n', [...this.#said, checked]);
  }

  #check({ container, namespace: { type } }: NamespaceNode, checked: boolean): void {
    const before = this.checked.resolve(this.inventory.latest).find(({ namespace }) => namespace.type === type);
    const replaces = checked && before !== undefined && before.container.key !== container.key;
    this.#replaced = replaces ? { type, name: before.container.name } : null;
    this.checked.set(container.key, type, checked);
  }

  /** Draws the checkboxes anew: checking one may have unchecked another of its type. */
  #checkedChanged(): void {
    void commands.executeCommand('setContext', CONTEXT_KEYS.anyChecked, this.checked.size > 0);
    this.#sayAbove();
    this.draw(({ kind }) => kind === 'namespace');
  }

  #tellBadge(): void {
    this.view.badge = badgeOf(this.inventory.latest.containers, this.view.visible);
  }

  /** What is told also while nobody sees the rows. */
  #tell(snapshot: Snapshot): void {
    this.checked.prune(snapshot);
    this.#tellBadge();
    void commands.executeCommand('setContext', CONTEXT_KEYS.scanned, true);
    void commands.executeCommand('setContext', CONTEXT_KEYS.failed, snapshot.notes.length > 0);
    void commands.executeCommand('setContext', CONTEXT_KEYS.anyChecked, this.checked.size > 0);
  }

  #noMatch(): string {
    return l10n.t('No container has "{0}" in its name, image, project or engine.', plain(this.#arrangement.filter, 40));
  }
}

/** Those of the machine's own network say nothing about a container, and those of a pid that only an engine told may be anybody's. */
function readAddresses({ pid, startTime, namespaces }: Container): Promise<string[]> {
  const own = startTime !== null && namespaces.some(({ type, host }) => type === 'net' && !host);
  return own ? addressesOf(pid) : Promise.resolve([]);
}

/** A checkbox has a name of its own for a screen reader: without one it would be a box of nothing. */
function checkboxOf({ container, namespace }: NamespaceNode, checked: boolean): NonNullable<TreeItem['checkboxState']> {
  const [what, whose] = [nounOf(namespace.type), plain(container.name, 80)];
  return {
    state: checked ? TreeItemCheckboxState.Checked : TreeItemCheckboxState.Unchecked,
    tooltip: checked ? l10n.t('Deselect {0} of {1}', what, whose) : l10n.t('Select {0} of {1}', what, whose),
    accessibilityInformation: { label: l10n.t('{0} of {1}', what, whose) },
  };
}

const joinedBy = (separator: string, parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(separator);
