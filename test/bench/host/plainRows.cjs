// In the extension's place, for rowsSuite.cjs: one that looks at nothing. It shows as many rows as ours, with the same texts, and
// changes them as often, so that what VS Code takes for that is to be seen by itself.
const { existsSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { EventEmitter, ThemeIcon, TreeItem, TreeItemCollapsibleState, window } = require('vscode');
const { measureSteps } = require('./steps.cjs');

const SANDBOXES = Number(process.env.NAMESPACES_BENCH_WHEN);
const STOPPED = 4 * SANDBOXES;
const MOST_ROWS = 250;
const TYPES = ['net', 'mnt', 'pid', 'uts', 'ipc', 'cgroup'];

const numbers = (count) => Array.from({ length: count }, (_, n) => n);
const row = (id, label, description, contextValue, children = () => []) => {
  let made = null;
  const node = { id, label, description, contextValue, spoken: `${contextValue}, ${label}, ${description}` };
  return Object.defineProperty(node, 'children', { get: () => (made ??= children()) });
};

const sandbox = (n) =>
  row(`sandbox:${1000 + 3 * n}@${10000 + 30 * n}`, `s${1000 + 3 * n}`, `pid ${1000 + 3 * n}`, 'container');
const container = (n) =>
  row(`docker:${n.toString(16).padStart(64, '0')}`, `container-${n}`, 'registry.example/image:latest', 'container');
const namespace = (type) => (n) =>
  row(`type/${type}/${4026532000 + 6 * n}`, `${type}:[${4026532000 + 6 * n}]`, `s${1000 + 3 * n}`, 'namespace');

/** As manyRows.ts. */
function inParts(parent, all, make) {
  if (all.length <= MOST_ROWS) return all.map(make);
  return numbers(Math.ceil(all.length / MOST_ROWS)).map((part) => {
    const some = all.slice(part * MOST_ROWS, (part + 1) * MOST_ROWS);
    const id = `${parent}/part/${part * MOST_ROWS}`;
    return row(id, `${some[0] + 1}–${some.at(-1) + 1}`, `${some[0]} … ${some.at(-1)}`, 'part', () => some.map(make));
  });
}

const group = (id, label, all, make) => row(id, label, String(all.length), 'engine', () => inParts(id, all, make));

/** After so many changes, each of which takes the place of one. */
function containersNow(changes) {
  const all = [changes > 0 ? SANDBOXES + changes : 0, ...numbers(SANDBOXES).slice(1)];
  if (!existsSync(join(tmpdir(), 'docker.sock'))) return [group('engine/sandbox', 'sandbox', all, sandbox)];
  const id = 'engine/docker';
  const stopped = numbers(STOPPED).map((n) => n + SANDBOXES);
  const children = () => [...inParts(id, all, container), group(`${id}/stopped`, 'Stopped', stopped, container)];
  return [row(id, 'docker', String(SANDBOXES + STOPPED), 'engine', children)];
}

const typesNow = () => TYPES.map((type) => group(`type/${type}`, type, numbers(SANDBOXES), namespace(type)));

const turn = () => new Promise(setImmediate);

class PlainRows {
  #changed = new EventEmitter();
  #ends = new WeakSet();
  onDidChangeTreeData = this.#changed.event;

  constructor(view, roots) {
    this.roots = roots;
    this.view = window.createTreeView(view, { treeDataProvider: this, showCollapseAll: true, canSelectMany: true });
  }

  change(roots) {
    this.roots = roots;
    this.#changed.fire(undefined);
  }

  async getChildren(node) {
    await turn();
    const children = node ? node.children : this.roots;
    if (children.length > 0) this.#ends.add(children.at(-1));
    return children;
  }

  getTreeItem(node) {
    return this.answer(node);
  }

  answer(node) {
    const item = new TreeItem(node.label, this.#stateOf(node));
    item.id = node.id;
    item.description = node.description;
    item.contextValue = node.contextValue;
    item.iconPath = new ThemeIcon('vm');
    item.accessibilityInformation = { label: node.spoken };
    return this.#ends.delete(node) ? turn().then(() => item) : item;
  }

  #stateOf({ contextValue }) {
    return contextValue === 'engine' ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
  }

  getParent(node) {
    return this.#wayTo(node.id, this.roots).at(-2);
  }

  reveal(id) {
    return this.view.reveal(this.#wayTo(id, this.roots).at(-1), { select: true, focus: true, expand: true });
  }

  #wayTo(id, nodes) {
    for (const node of nodes) {
      if (node.id === id) return [node];
      const below = id.startsWith(`${node.id}/`) ? this.#wayTo(id, node.children) : [];
      if (below.length > 0) return [node, ...below];
    }
    return [];
  }
}

exports.activate = () => {
  let changes = 0;
  const provider = new PlainRows('namespaces.containers', containersNow(0));
  const namespacesProvider = new PlainRows('namespaces.namespaces', typesNow());
  const refresh = async () => {
    changes++;
    provider.change(containersNow(changes));
  };
  // As many as there could be: that they have come is for ours to wait for.
  const inventory = { latest: { containers: { length: SANDBOXES + STOPPED } }, refresh };
  return {
    inventory,
    provider,
    namespacesProvider,
    folder: __dirname,
    ...measureSteps([provider, namespacesProvider]),
  };
};
