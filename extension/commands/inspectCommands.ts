// The commands that show a page: all about a container, and what this machine allows.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { l10n } from 'vscode';
import { diagnosisPage, readFindings } from '../inspect/diagnosis';
import type { DocumentProvider } from '../inspect/documentProvider';
import { inspectionPage, readProcess } from '../inspect/inspection';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import type { Rows, Targets } from './targets';

const TIMEOUT_MS = 15_000;

export class InspectCommands {
  constructor(
    private readonly targets: Pick<Targets, 'containers'>,
    private readonly documents: Pick<DocumentProvider, 'show'>,
    private readonly runtime: () => Runtime,
  ) {}

  async inspect(...rows: Rows): Promise<void> {
    for (const container of await this.targets.containers(rows, l10n.t('Inspect'))) {
      await this.documents.show(container.name, container.key, async () =>
        inspectionPage(container, await readProcess(container.pid)),
      );
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
