// The commands that show a page: all about a container, and what this machine allows.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { l10n } from 'vscode';
import { diagnosisPage, readFindings } from '../inspect/diagnosis';
import type { DocumentProvider } from '../inspect/documentProvider';
import { inspectionPage } from '../inspect/inspection';
import { filesFor, namespacePage, witnessOf } from '../inspect/namespacePage';
import { MOST_PROCESSES, readProcesses } from '../inspect/processes';
import { readProcess } from '../inspect/processFiles';
import type { Container, Namespace } from '../model/container';
import { UserError } from '../model/userError';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import type { TreeNode } from '../tree/rows';
import type { Rows, Targets } from './targets';

const TIMEOUT_MS = 15_000;

export class InspectCommands {
  constructor(
    private readonly targets: Pick<Targets, 'rows' | 'containers' | 'current'>,
    private readonly documents: Pick<DocumentProvider, 'show'>,
    private readonly runtime: () => Runtime,
  ) {}

  /** A page for each namespace and each container that is meant. */
  async inspect(...rows: Rows): Promise<void> {
    const given = this.targets.rows(rows);
    const namespaces = given.flatMap((row) => namespaceOf(row) ?? []);
    if (namespaces.length > 0) await this.#inspectNamespaces(namespaces);
    const [first, ...others] = given.filter((row) => namespaceOf(row) === null);
    if (given.length > 0 && !first) return;
    const meant: Rows = first ? [first, [first, ...others]] : [];
    for (const container of await this.targets.containers(meant, l10n.t('Inspect'))) {
      await this.documents.show(container.name, container.key, async () =>
        inspectionPage(container, container.startTime === null ? null : await readProcess(container.pid)),
      );
    }
  }

  async #inspectNamespaces(wanted: readonly Pick<Namespace, 'type' | 'inode'>[]): Promise<void> {
    const { namespaces, containers } = await this.targets.current();
    for (const { type, inode } of wanted) {
      const title = `${type}:[${inode}]`;
      const found = namespaces.find((each) => each.type === type && each.inode === inode);
      if (!found) throw new UserError(l10n.t('{0} is not there any more.', title));
      const inside = containers.filter(({ key }) => found.containerKeys.includes(key));
      await this.documents.show(title, title, () => makeNamespacePage(found, inside));
    }
  }

  /** doctor only looks, and needs no rights. */
  diagnose(): Promise<void> {
    return this.documents.show(l10n.t('Diagnosis'), '', async () => {
      const { command, args } = helperCommand(this.runtime(), ['doctor', '--json']);
      const { stdout } = await promisify(execFile)(command, args, {
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      });
      return diagnosisPage(readFindings(stdout));
    });
  }
}

/** The namespace that a row stands for; null for any other row, and for one that is locked: its container's page says so. */
function namespaceOf(row: TreeNode): Pick<Namespace, 'type' | 'inode'> | null {
  if (row.kind === 'held') return row;
  if (row.kind !== 'namespace' || row.namespace.inode === null) return null;
  return { type: row.namespace.type, inode: row.namespace.inode };
}

async function makeNamespacePage(namespace: Namespace, containers: readonly Container[]): Promise<string> {
  const witness = witnessOf(namespace);
  const [processes, files] = await Promise.all([
    readProcesses(namespace.pids.slice(0, MOST_PROCESSES)),
    witness === null ? null : readProcess(witness, filesFor(namespace.type)),
  ]);
  const seenBy = witness !== null && files ? { pid: witness, files } : null;
  return namespacePage(namespace, { containers, processes, seenBy });
}
