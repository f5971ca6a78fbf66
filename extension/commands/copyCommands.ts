// The commands that copy something to the clipboard: a command line, a path, a number.
import { env, l10n, window, type QuickPickItem } from 'vscode';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { pickPort } from '../select/picker';
import type { Chosen } from '../select/selection';
import type { Runtime } from '../shared/helperCommand';
import { copiedLines, refuseControls } from './copiedLines';
import { enterable } from './enterable';
import type { Rows, Targets } from './targets';

/** As much of a line as anybody reads in a list. */
const LONGEST_SHOWN = 1000;

export class CopyCommands {
  constructor(
    private readonly targets: Targets,
    private readonly runtime: () => Runtime,
  ) {}

  /** A line for a POSIX shell that enters what the rows, the checkboxes or a person chose; asks which of the two kinds. */
  async copyCommand(...rows: Rows): Promise<void> {
    const title = l10n.t('Copy as Command');
    const chosen = await this.targets.chosen(rows, title);
    if (!chosen) return;
    const picked = await window.showQuickPick(await this.#lines(enterable(chosen)), {
      title,
      placeHolder: l10n.t('Select a command line'),
    });
    if (picked) await copyLines([picked.line]);
  }

  /** One path a line, for each namespace that is meant. */
  async copyPath(...rows: Rows): Promise<void> {
    const chosen = await this.targets.chosen(rows, l10n.t('Copy Namespace Path'));
    await copyLines(
      chosen?.map(({ container, namespace, path }) => path ?? `/proc/${container.pid}/ns/${namespace.type}`),
    );
  }

  async copyInode(...rows: Rows): Promise<void> {
    // Of one that cannot be entered too.
    const given = this.targets.rows(rows).flatMap((row) => {
      if (row.kind === 'held') return [row.inode];
      return row.kind === 'namespace' ? [row.namespace.inode] : [];
    });
    const meant =
      given.length > 0
        ? given
        : (await this.targets.chosen(rows, l10n.t('Copy Inode Number')))?.map(({ namespace }) => namespace.inode);
    const inodes = meant?.flatMap((inode) => (inode === null ? [] : [String(inode)]));
    if (inodes?.length === 0)
      throw new UserError(l10n.t('This namespace is locked: only root may read its inode number.'));
    await copyLines(inodes);
  }

  async copyName(...rows: Rows): Promise<void> {
    const containers = await this.targets.containers(rows, l10n.t('Copy Name'));
    await copyLines(containers.map(({ name }) => name));
  }

  /** Of those that have one: sandboxes have none. */
  async copyId(...rows: Rows): Promise<void> {
    const containers = await this.targets.containers(rows, l10n.t('Copy Container ID'));
    const ids = containers.flatMap(({ id }) => id ?? []);
    if (containers.length > 0 && ids.length === 0)
      throw new UserError(l10n.t('It has no ID: it was not made by an engine that assigns IDs.'));
    await copyLines(ids);
  }

  async copyPid(...rows: Rows): Promise<void> {
    const processes = this.targets.rows(rows).flatMap((row) => (row.kind === 'process' ? [String(row.pid)] : []));
    if (processes.length > 0) {
      await copyLines(processes);
      return;
    }
    const containers = await this.targets.containers(rows, l10n.t('Copy Process ID'));
    await copyLines(containers.map(({ pid }) => String(pid)));
  }

  /** Of each port that is meant, the address that reaches it. */
  async copyAddress(...rows: Rows): Promise<void> {
    const ports = this.targets.rows(rows).flatMap((row) => (row.kind === 'port' ? [row.reachedAt] : []));
    if (ports.length > 0) {
      await copyLines(ports);
      return;
    }
    const title = l10n.t('Copy Address');
    const [container] = await this.targets.containers(rows, title);
    const picked = container && (await pickPort(container, title));
    await copyLines(picked && [picked.reachedAt]);
  }

  async #lines(chosen: readonly Chosen[]): Promise<(QuickPickItem & { line: string })[]> {
    const ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: process.getgroups?.() ?? [] };
    const { helper, nsenter } = await copiedLines(chosen, this.runtime(), { ...ids, shell: env.shell });
    return [
      {
        label: 'ns-helper',
        description: l10n.t('checks process, start time and inodes first'),
        detail: plain(helper, LONGEST_SHOWN),
        line: helper,
      },
      {
        label: 'nsenter',
        description: l10n.t(
          'does not check start time or inodes, adjust DNS, /sys and the environment, or confine root',
        ),
        detail: plain(nsenter, LONGEST_SHOWN),
        line: nsenter,
      },
    ];
  }
}

async function copyLines(lines: readonly string[] | undefined): Promise<void> {
  if (!lines || lines.length === 0) return;
  refuseControls(lines);
  await env.clipboard.writeText(lines.join('\n'));
}
