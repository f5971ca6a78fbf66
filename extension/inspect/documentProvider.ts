// Read-only documents that are made when they are shown: plain text, never Markdown, because strangers' words are in them.
import { type Disposable, EventEmitter, l10n, type TextDocumentContentProvider, Uri, window, workspace } from 'vscode';
import { plain } from '../model/text';

const SCHEME = 'namespaces';

type Make = () => Promise<string>;

export class DocumentProvider implements TextDocumentContentProvider, Disposable {
  readonly #changed = new EventEmitter<Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #making = new Map<string, Make>();
  readonly #disposables = [
    this.#changed,
    workspace.registerTextDocumentContentProvider(SCHEME, this),
    workspace.onDidCloseTextDocument(({ uri }) => {
      if (uri.scheme === SCHEME) this.#making.delete(uri.toString());
    }),
  ];

  /** `key` tells documents of the same title apart; showing one again makes it anew. */
  async show(title: string, key: string, make: Make): Promise<void> {
    const uri = Uri.from({ scheme: SCHEME, path: `/${plain(title, 80).replaceAll('/', '∕')}`, query: key });
    this.#making.set(uri.toString(), make);
    this.#changed.fire(uri);
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const make = this.#making.get(uri.toString());
    // VS Code brings an open document back after a restart; nothing is looked at unasked.
    return make ? make() : l10n.t('This page is from an earlier session. Open it again from the Namespaces view.');
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
