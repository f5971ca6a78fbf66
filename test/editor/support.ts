// What the editor tests share: finding rows, waiting for terminals, answering quick picks. For inside the extension host.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readlinkSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/ids';
import type * as main from '../../extension/main';
import type { ContainerNode, NamespaceNode, TreeNode } from '../../extension/tree/rows';
import { waitFor } from '../support/run';

const ID = 'linux-namespaces.linux-namespaces';

/** What a container goes by in the sample workspaces: runEditor.ts gives those of one run names of their own. */
export const containerName = (name: string): string => `${process.env['NAMESPACES_TEST_PREFIX'] ?? ''}${name}`;

export function extension(): vscode.Extension<main.Api> {
  const found = vscode.extensions.getExtension<main.Api>(ID);
  assert.ok(found, `${ID} is not there`);
  return found;
}

/** With all that it otherwise loads when it is first needed. */
export type Api = Awaited<ReturnType<main.Api['parts']['commands']>> & Pick<main.Api, 'buildContainer'>;

export async function activate(): Promise<Api> {
  const { parts, buildContainer } = await extension().activate();
  return { ...(await parts.commands()), buildContainer };
}

/** Printed among the results: figures are for people, not for assertions on a noisy machine. */
export function figure(text: string): void {
  const file = process.env['NAMESPACES_TEST_RESULTS'];
  if (file !== undefined) appendFileSync(file, `    ${text}\n`);
}

export const inode = (pid: number | 'self', type: string): string => readlinkSync(`/proc/${pid}/ns/${type}`);

/** The row of a container in the tree, by its name or process, after a fresh look at the machine. */
export async function containerRow(api: Api, which: string | number): Promise<ContainerNode> {
  const find = (nodes: readonly TreeNode[]): ContainerNode | undefined =>
    nodes
      .map((node) =>
        node.kind === 'container' && [node.container.name, node.container.pid].includes(which)
          ? node
          : find(api.provider.childrenOf(node)),
      )
      .find((node) => node !== undefined);
  return waitFor(`${which} in the tree`, async () => {
    await vscode.commands.executeCommand(COMMANDS.refresh);
    return find(api.provider.childrenOf());
  });
}

export function namespaceRows(row: ContainerNode): NamespaceNode[] {
  return row.children.flatMap((child) => (child.kind === 'namespace' ? [child] : []));
}

/** When the command was given that opened the latest terminal. */
let started = 0;

export async function opened(open: () => Promise<unknown>): Promise<vscode.Terminal> {
  const before = vscode.window.terminals;
  started = performance.now();
  await open();
  const terminal = await waitFor('a terminal', () =>
    vscode.window.terminals.find((candidate) => !before.includes(candidate)),
  );
  await terminal.processId;
  figure(`terminal ${terminal.name}: process after ${(performance.now() - started).toFixed(0)} ms`);
  return terminal;
}

/** The terminal's own process, once it is a shell and where `isThere` says: the launcher and the helper have become it. */
export async function shellOf(terminal: vscode.Terminal, isThere: (pid: number) => boolean): Promise<number> {
  const pid = (await terminal.processId) ?? 0;
  await waitFor('the shell', () => commOf(pid) === 'bash' && isThere(pid));
  figure(`terminal ${terminal.name}: shell inside ${(performance.now() - started).toFixed(0)} ms after the command`);
  return pid;
}

export function descendant(pid: number, matches: (pid: number) => boolean): number | undefined {
  try {
    if (matches(pid)) return pid;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return children.map((child) => descendant(child, matches)).find((found) => found !== undefined);
  } catch {
    return undefined;
  }
}

export function commOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

const pids = new WeakMap<vscode.Terminal, number>();

export function terminalPid(terminal: vscode.Terminal): number {
  void terminal.processId.then((pid) => pids.set(terminal, pid ?? 0));
  return pids.get(terminal) ?? 0;
}

/**
 * Runs a command that asks by quick picks, and takes what each offers first until the command has ended. `patience` in
 * milliseconds is for one with checkboxes: it is shown, and may be accepted, before its boxes are checked.
 */
export async function takingTheFirst(run: () => Thenable<unknown>, patience = 0): Promise<void> {
  let ended = false;
  const running = Promise.resolve(run()).finally(() => (ended = true));
  await sleep(patience);
  await waitFor('the command to end', async () => {
    // A quick pick and what it lists reach the editor one after the other, in one turn of the event loop. Where none is open
    // yet, accepting does nothing.
    await new Promise(setImmediate);
    if (!ended) await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    return ended;
  });
  await running;
}

/** Runs a task, by `start` where that is given, and resolves with the exit code of the one of its name. */
export async function execute(
  task: vscode.Task,
  start: () => Thenable<unknown> = () => vscode.tasks.executeTask(task),
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const ended = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution.task.name !== task.name) return;
      ended.dispose();
      resolve(event.exitCode);
    });
    start().then(undefined, reject);
  });
}
