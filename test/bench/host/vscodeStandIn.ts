// Stands in for the part of VS Code's API that the views use, where there is no editor: everything is seen, nothing is drawn.
interface Disposable {
  dispose(): void;
}

const nothing: Disposable = { dispose: () => undefined };
const onNothing = (): Disposable => nothing;

export class EventEmitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): Disposable => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export const window = {
  createTreeView: () => ({
    ...nothing,
    visible: true,
    onDidChangeVisibility: onNothing,
    onDidChangeCheckboxState: onNothing,
    onDidExpandElement: onNothing,
    onDidCollapseElement: onNothing,
  }),
};
export const commands = { executeCommand: () => Promise.resolve() };
export const l10n = { t: (message: string) => message };
export const FileDecoration = {};
export const ThemeColor = {};
export class ThemeIcon {
  constructor(readonly id: string) {}
}
export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState: unknown,
  ) {}
}
export const TreeItemCollapsibleState = {};
export const TreeItemCheckboxState = {};
export const Uri = { from: (components: object): object => components };
