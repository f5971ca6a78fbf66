// The commands that copy something to the clipboard: a command line, a path, a number.
import { readFile } from 'node:fs/promises';
import { env, l10n, window } from 'vscode';
import { UserError } from '../model/userError';
import { helperArguments, planEntry } from '../plan/enterPlan';
import { type Ids, nsenterCommand } from '../plan/nsenterCommand';
import { shellLine } from '../plan/shellLine';
import { pickPort } from '../select/picker';
import type { Chosen } from '../select/selection';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import { refuseConflicts } from './conflicts';
import type { Rows, Targets } from './targets';

export class CopyCommands {
  constructor(
    private readonly targets: Targets,
    private readonly runtime: () => Runtime,
  ) {}

  /** A line for a POSIX shell that enters what the rows, the checkboxes or a person chose; asks which of the two kinds. */
  async copyCommand(...rows: Rows): Promise<void> {
    const title = l10n.t('Copy as Command');
    const chosen = await this.targets.chosen(rows, title);
    if (!chosen || chosen.length === 0) return;
    refuseConflicts(chosen);
    const picked = await window.showQuickPick(await this.#lines(chosen), {
      title,
      placeHolder: l10n.t('Which command line?'),
    });
    if (picked) await env.clipboard.writeText(picked.detail);
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
      if (row.kind === 'kept') return [row.inode];
      return row.kind === 'namespace' ? [row.namespace.inode] : [];
    });
    const meant =
      given.length > 0
        ? given
        : (await this.targets.chosen(rows, l10n.t('Copy Inode Number')))?.map(({ namespace }) => namespace.inode);
    const inodes = meant?.flatMap((inode) => (inode === null ? [] : [String(inode)]));
    if (inodes?.length === 0) throw new UserError(l10n.t('That namespace is locked: only root may read its number.'));
    await copyLines(inodes);
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

  async #lines(chosen: readonly Chosen[]): Promise<{ label: string; description: string; detail: string }[]> {
    const runtime = this.runtime();
    const plan = planEntry(chosen, runtime.uid);
    // Without start.sh, which only makes it faster: shorter to read, and to paste.
    const { command, args } = helperCommand(runtime, helperArguments(plan, { directory: null, envFile: null }), {
      ...plan,
      joinsMnt: false,
    });
    const me = { uid: runtime.uid, gid: process.getgid?.() ?? 0, shell: env.shell, sudo: runtime.sudo };
    return [
      {
        label: 'ns-helper',
        description: l10n.t('checks process, start time and inodes first'),
        detail: shellLine([command, ...args]),
      },
      {
        label: 'nsenter',
        description: l10n.t('checks nothing, and is on every machine'),
        detail: shellLine(nsenterCommand(plan, me, await readIds(chosen[0]?.container.pid ?? 0))),
      },
    ];
  }
}

async function copyLines(lines: readonly string[] | undefined): Promise<void> {
  if (lines && lines.length > 0) await env.clipboard.writeText(lines.join('\n'));
}

/** Everybody may read them; where the process has ended, the line would fail anyway. */
async function readIds(pid: number): Promise<Ids> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const id = (name: 'Uid' | 'Gid'): number => Number(new RegExp(`^${name}:\\t(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { uid: id('Uid'), gid: id('Gid') };
}
