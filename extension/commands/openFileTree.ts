// "Open File Tree Root in Terminal": a plain terminal of the user's own, with their rights and no namespace joined, in the
// folder where a container's files begin.
//
// Never with more rights than the user has. In such a terminal, a link among the container's files leads to where it says
// on this machine: root would be led by whoever wrote those files. So what only root may see is looked at from inside the
// container, where links end in it, and who is root already is asked first.
import { l10n, ThemeIcon, window } from 'vscode';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { fileTreeOf } from '../terminal/fileTree';
import { colorFor } from '../terminal/looks';
import { withoutMarkdown } from '../terminal/tabText';
import type { Rows, Targets } from './targets';

export class OpenFileTree {
  /** `openInside` opens a terminal in the container itself. */
  constructor(
    private readonly targets: Pick<Targets, 'containers'>,
    private readonly uid: number,
    private readonly openInside: (container: Container) => Promise<void>,
  ) {}

  async open(...rows: Rows): Promise<void> {
    for (const container of await this.targets.containers(rows, l10n.t('Open File Tree Root in Terminal'))) {
      await this.#open(container);
    }
  }

  async #open(container: Container): Promise<void> {
    const name = plain(container.name, 80);
    if (container.namespaces.some(({ type, host }) => type === 'mnt' && host))
      throw new UserError(l10n.t("{0} uses the machine's own files: every terminal already has them.", name));
    const tree = await fileTreeOf(container);
    if (tree === 'ended') throw new UserError(l10n.t('No process of {0} is visible on this machine any more.', name));
    if (tree === 'locked') await this.#offerInside(container, name);
    else if (this.uid !== 0 || (await confirmAsRoot(name))) show(container, tree.folder);
  }

  async #offerInside(container: Container, name: string): Promise<void> {
    const inside = l10n.t('Open Terminal in Container');
    const message = l10n.t(
      'Only root may see the files of {0} from here, and root should not go there: a symbolic link among them could lead it to any file on this machine. A terminal in the container shows the same files, and no link leads out of it.',
      name,
    );
    if ((await window.showWarningMessage(message, inside)) === inside) await this.openInside(container);
  }
}

async function confirmAsRoot(name: string): Promise<boolean> {
  const open = l10n.t('Open');
  const message = l10n.t('You are root. Open a terminal in the files of {0}?', name);
  const detail = l10n.t(
    'A symbolic link in there can lead a program that you start to any file on this machine. A terminal in the container does not have this risk.',
  );
  return (await window.showWarningMessage(message, { modal: true, detail }, open)) === open;
}

function show(container: Container, folder: string): void {
  const name = plain(container.name, 40);
  const terminal = window.createTerminal({
    name: withoutMarkdown(l10n.t('{0}: files', name)),
    cwd: folder,
    iconPath: new ThemeIcon('folder-opened'),
    color: colorFor(container.engine),
    message: l10n.t(
      'The files of {0}, with your own programs and rights. An absolute symbolic link leads to a file of this machine.',
      name,
    ),
    // VS Code would start it again in a folder that is another process's by then.
    isTransient: true,
  });
  terminal.show();
}
